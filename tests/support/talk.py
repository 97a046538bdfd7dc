"""Talking with a bot in a test."""

from __future__ import annotations

from roomserver.testing import Visitor

BOT = "robo"


async def says(visitor: Visitor, text: str) -> str:
    """Say something and return the bot's answer; what it says to others is not meant."""
    await visitor.chat(text)
    while True:
        answer = (await visitor.hears(by=BOT)).text
        if answer.startswith(f"@{visitor.name}") or not answer.startswith("@"):
            return answer
