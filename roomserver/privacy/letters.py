"""Letters: what is written to people about their own account, in words for them."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from roomserver.config import MailConfig
from roomserver.privacy.mail import Letter, Post, Stream
from storage.accounts import Accounts
from storage.privacy.versions import Version


class Words(NamedTuple):
    """A subject line and a text."""

    subject: str
    text: str


class Letters:
    """Writes letters and leaves them at the post; who gave no address gets none."""

    def __init__(self, accounts: Accounts, post: Post, config: MailConfig) -> None:
        self._accounts = accounts
        self._post = post
        self._url = config.url.rstrip("/")

    async def copy_ready(self, account_id: str, path: str, until_ms: int) -> None:
        """Tell somebody where the copy is that they asked for."""
        text = (
            f"The copy of your data that you asked for is at {self._url}{path}\n"
            f"The link works once, until {_day(until_ms)}."
        )
        await self._write(account_id, Words("Your data is ready", text))

    async def frozen(self, account_id: str, erase_at_ms: int) -> None:
        """Tell somebody that the account is frozen, and until when they can do something about it."""
        text = (
            "Your account was frozen because you may be too young for this server.\n"
            f"If you are not, sign in at {self._url} and send a proof by {_day(erase_at_ms)}; after that\n"
            "the account is erased. You can fetch a copy of your data there, too, or erase it."
        )
        await self._write(account_id, Words("Your account is frozen", text))

    async def inactive(self, account_id: str, end_ms: int) -> bool:
        """Tell somebody when the account ends that nobody signs in to; say whether a letter goes."""
        text = (
            "Nobody has signed in to your account for a long time. Unless somebody does, it is erased\n"
            f"after {_day(end_ms)}, with its playlists and everything else that is kept of you.\n"
            f"Sign in at {self._url} to keep it; you can also fetch a copy of your data there."
        )
        return await self._write(account_id, Words("Your account is about to be erased", text))

    async def policy_coming(self, account_id: str, version: Version) -> None:
        """Tell somebody of a policy that keeps more."""
        text = (
            f"From {_day(version.effective_at_ms)} on this server's privacy policy says something else:\n"
            f"{version.summary}.\nRead it at {self._url}/privacy. You will be asked to accept it before\n"
            "you chat or play; fetching your data and erasing your account never waits for that."
        )
        await self._write(account_id, Words("The privacy policy changes", text))

    async def advertise(self, account_id: str, words: Words) -> bool:
        """Leave an advertising letter at the post; whether it goes out is decided there."""
        return await self._write(account_id, words, marketing=True)

    async def _write(self, account_id: str, words: Words, *, marketing: bool = False) -> bool:
        account = await self._accounts.by_id(account_id)
        if account is None or account.email is None:
            return False
        stream: Stream = "marketing" if marketing else "account"
        self._post.put(Letter(account.id, account.email, words.subject, words.text, stream))
        return True


def _day(at_ms: int) -> str:
    return dt.datetime.fromtimestamp(at_ms / 1000, dt.UTC).strftime("%Y-%m-%d")
