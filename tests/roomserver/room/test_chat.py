"""Saying something and taking it back."""

from __future__ import annotations

from typing import Any

import pytest

from protocol import commands, limits
from protocol.errors import ErrorCode
from protocol.events import ChatDeleted, ChatEcho, ChatMessage
from protocol.results import ChatResult, DeleteResult
from protocol.roles import Role
from protocol.values import User
from roomserver.room.chat import SPOKE_KEPT_MS
from roomserver.room.effects import MessagesErased, Told
from roomserver.room.inputs import Delete, Moderate, Reply
from tests.support.people import BY_ROLE, PEERS, person
from tests.support.rooms import (
    ROOM,
    Bench,
    assert_rejected,
    bench_with,
    effects_of,
    events,
    new_bench,
    only,
)

UMA, RITA, BOB, MIA, GUS = (
    BY_ROLE[r] for r in (Role.USER, Role.RESIDENT, Role.BOUNCER, Role.MANAGER, Role.GUEST)
)


def saying(text: str = "hi", **fields: Any) -> commands.ChatSend:
    """Return a command to say something."""
    return commands.ChatSend(room=ROOM, text=text, **fields)


def said(bench: Bench, user: User, text: str = "hi", **fields: Any) -> ChatMessage:
    """Let a user say something and return the message."""
    return only(bench.do(user, saying(text, **fields)).effects, ChatMessage)


def deleting(author: User | None, messages: int = 1, **fields: Any) -> Delete:
    """Return a deletion with the facts the log holds."""
    return Delete(commands.ChatDelete(room=ROOM, **fields), author, messages)


def texts(bench: Bench) -> list[str]:
    """Return the scroll-back a joiner sees."""
    return [message.text for message in bench.room.snapshot(bench.now).chat]


class TestSend:
    """Saying something."""

    def test_message(self, bench: Bench) -> None:
        """A message carries author, text, reply and manner; the answer names it."""
        first = said(bench, UMA, "hello")
        outcome = bench.do(RITA, saying("waves", reply_to=first.id, emote=True))
        message = only(outcome.effects, ChatMessage)

        assert (RITA, "waves", first.id, True) == (
            message.user,
            message.text,
            message.reply_to,
            message.emote,
        )
        assert ChatResult(id=message.id, seq=message.seq) == outcome.result
        assert (first.seq + 1, bench.now) == (message.seq, message.at_ms)

    def test_reply_to_another_room(self, bench: Bench) -> None:
        """What is no message of this room, as far as memory and log go, is not replied to."""
        command = saying(reply_to="elsewhere")
        assert_rejected(bench, UMA, command, ErrorCode.NOT_FOUND, field="reply_to")
        assert_rejected(bench, UMA, Reply(command, is_known=False), ErrorCode.NOT_FOUND, field="reply_to")

    def test_reply_to_an_old_message(self, bench: Bench) -> None:
        """What the room has forgotten is replied to when the log knows it, by the rules of chat."""
        command = saying(reply_to="forgotten", nonce="n")
        outcome = bench.do(UMA, Reply(command, is_known=True))

        assert only(outcome.effects, ChatMessage).reply_to == "forgotten"
        assert bench.do(UMA, command).result == outcome.result, "a retry is answered as the first time"
        guest = Reply(saying(reply_to="forgotten"), is_known=True)
        assert_rejected(bench, GUS, guest, ErrorCode.FORBIDDEN)

    def test_reply_of_a_shadow_muted_user(self, bench: Bench) -> None:
        """A reply to the own message that nobody got does not tell that nobody got it."""
        mute = commands.ModMute(room=ROOM, user=UMA.id, duration_ms=60_000, shadow=True)
        bench.do(MIA, Moderate(mute, UMA))
        unheard = only(bench.do(UMA, saying("hi")).effects, ChatEcho).message
        reply = only(bench.do(UMA, Reply(saying(reply_to=unheard.id), is_known=False)).effects, ChatEcho)

        assert reply.message.reply_to == unheard.id

    @pytest.mark.parametrize(
        ("text", "clean"),
        [
            ("  hi\n", "hi"),
            ("e\u0301", "é"),
            ("a\u202eb", "ab"),
            ("one\ntwo", "one two"),
            ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
        ],
    )
    def test_clean(self, bench: Bench, text: str, clean: str) -> None:
        """Text is told in NFC, without control characters and bidi overrides."""
        assert clean == said(bench, UMA, text).text

    @pytest.mark.parametrize("text", ["x" * limits.CHAT_CHARS, "e\u0301" * limits.CHAT_CHARS])
    def test_longest(self, bench: Bench, text: str) -> None:
        """The limit counts characters after normalisation."""
        assert len(said(bench, UMA, text).text) == limits.CHAT_CHARS

    @pytest.mark.parametrize("text", ["x" * (limits.CHAT_CHARS + 1), " ", "\u202e\u0007"])
    def test_length(self, bench: Bench, text: str) -> None:
        """Nothing, and too much, cannot be said."""
        assert_rejected(bench, UMA, saying(text), ErrorCode.BAD_PARAMS, field="text")

    @pytest.mark.parametrize(
        ("text", "ids"),
        [
            ("hello @Uma", ["uma"]),
            ("@UMA, @rita!", ["uma", "rita"]),
            ("thanks @Uma.", ["uma"]),
            ("@Uma...", ["uma"]),
            ("@Uma @uma", ["uma"]),
            ("@Umami @nobody @", []),
            ("uma", []),
            ("@Zoé", ["zoe-id"]),
            ("@J.R.", ["jr"]),
        ],
    )
    def test_mentions(self, bench: Bench, text: str, ids: list[str]) -> None:
        """``@name`` mentions a member, whatever the case and what follows."""
        bench.enter(
            User(id="zoe-id", name="Zoé", kind="user", created_at_ms=1),
            User(id="jr", name="J.R.", kind="user", created_at_ms=1),
        )

        assert ids == said(bench, BOB, text).mentions

    @pytest.mark.parametrize("guests_chat", [False, True])
    def test_guests(self, guests_chat: bool) -> None:
        """Guests chat where the room allows it."""
        bench = bench_with({"guests_chat": guests_chat}, GUS)
        if guests_chat:
            assert said(bench, GUS).user == GUS
        else:
            assert_rejected(bench, GUS, saying(), ErrorCode.FORBIDDEN, needs="user")

    def test_strangers(self) -> None:
        """Only members chat."""
        assert_rejected(new_bench(), UMA, saying(), ErrorCode.NOT_IN_ROOM)


class TestSlowMode:
    """One message per interval."""

    def test_interval(self) -> None:
        """The refusal says how long to wait, to the millisecond."""
        bench = bench_with({"slow_mode_ms": 5000}, UMA)
        said(bench, UMA)
        bench.now += 1200
        assert_rejected(bench, UMA, saying(), ErrorCode.SLOW_MODE, retry_after_ms=3800)
        bench.now += 3800

        assert said(bench, UMA)

    def test_each_their_own(self) -> None:
        """The interval is each user's own."""
        bench = bench_with({"slow_mode_ms": 5000}, UMA, RITA)
        said(bench, UMA)

        assert said(bench, RITA)

    def test_coming_back(self) -> None:
        """Leaving and coming back is no way around it."""
        bench = bench_with({"slow_mode_ms": 5000}, UMA)
        said(bench, UMA)
        bench.leave(UMA)
        bench.enter(UMA)

        assert_rejected(bench, UMA, saying(), ErrorCode.SLOW_MODE, retry_after_ms=5000)

    @pytest.mark.parametrize("role", [role for role in Role if role >= Role.USER])
    def test_exempt(self, role: Role) -> None:
        """Bouncers and up are exempt."""
        user = BY_ROLE[role]
        bench = bench_with({"slow_mode_ms": 5000}, user)
        said(bench, user)
        if role >= Role.BOUNCER:
            assert said(bench, user)
        else:
            assert_rejected(bench, user, saying(), ErrorCode.SLOW_MODE)

    def test_memory(self) -> None:
        """Who spoke longer ago than the interval, and a minute, is forgotten."""
        bench = new_bench(UMA, RITA)
        said(bench, UMA)
        bench.now += SPOKE_KEPT_MS - 1
        said(bench, RITA)
        assert list(bench.state.spoke_at_ms) == ["uma", "rita"]
        bench.now += 1
        said(bench, RITA)
        assert list(bench.state.spoke_at_ms) == ["rita"]

    def test_memory_of_a_long_interval(self) -> None:
        """While slow mode is longer than a minute, so is the memory."""
        bench = bench_with({"slow_mode_ms": 5 * SPOKE_KEPT_MS}, UMA, RITA)
        said(bench, UMA)
        bench.now += 4 * SPOKE_KEPT_MS
        said(bench, RITA)
        assert list(bench.state.spoke_at_ms) == ["uma", "rita"]


class TestNonce:
    """A retry is never a second message."""

    def test_retry(self, bench: Bench) -> None:
        """The same nonce answers the first result, up to the last millisecond of five minutes."""
        first = bench.do(UMA, saying("hi", nonce="n"))
        bench.now += limits.NONCE_WINDOW_MS - 1
        again = bench.do(UMA, saying("hi", nonce="n"))

        assert (first.result, []) == (again.result, again.effects)
        assert texts(bench) == ["hi"]
        assert effects_of(first.effects, Told)[0].nonce == "n"

    def test_later(self, bench: Bench) -> None:
        """After five minutes the nonce is new, and remembered anew."""
        first = bench.do(UMA, saying("hi", nonce="n"))
        bench.now += limits.NONCE_WINDOW_MS
        second = bench.do(UMA, saying("hi", nonce="n"))
        assert first.result != second.result

        assert second.result == bench.do(UMA, saying("hi", nonce="n")).result

    def test_each_their_own(self, bench: Bench) -> None:
        """The same nonce of somebody else is another."""
        said(bench, UMA, nonce="n")

        assert said(bench, RITA, nonce="n")

    def test_in_slow_mode(self) -> None:
        """A retry is answered even where a second message would have to wait."""
        bench = bench_with({"slow_mode_ms": 5000}, UMA)
        first = bench.do(UMA, saying(nonce="n"))

        assert first.result == bench.do(UMA, saying(nonce="n")).result

    def test_refused_first(self, bench: Bench) -> None:
        """A refused message does not use its nonce up."""
        assert_rejected(bench, UMA, saying(" ", nonce="n"), ErrorCode.BAD_PARAMS)

        assert said(bench, UMA, nonce="n")

    def test_memory(self, bench: Bench) -> None:
        """Old nonces are forgotten."""
        said(bench, UMA, nonce="n")
        bench.now += limits.NONCE_WINDOW_MS
        said(bench, RITA, nonce="m")

        assert list(bench.state.nonces) == [("rita", "m")]


class TestDelete:
    """Taking it back."""

    def test_own(self, bench: Bench) -> None:
        """Everybody may delete the own message; the text is gone for joiners and the log."""
        message = said(bench, UMA, "oops")
        said(bench, UMA, "fine")
        outcome = bench.do(UMA, deleting(UMA, id=message.id))

        told = only(outcome.effects, ChatDeleted)
        assert (UMA, [message.id], None, False) == (told.by, told.ids, told.user, told.all)
        assert texts(bench) == ["fine"]
        assert DeleteResult(deleted=1) == outcome.result
        assert [MessagesErased(told.seq, (message.id,), None)] == effects_of(outcome.effects, MessagesErased)

    def test_concerns_nobody_else(self, bench: Bench) -> None:
        """What somebody deletes of the own is marked so; what staff delete of others, or of all, is not."""
        own = [deleting(BOB, id=said(bench, BOB, "oops").id), deleting(BOB, user="bob")]
        others = [deleting(UMA, id=said(bench, UMA, "rude").id), deleting(UMA, user="uma")]
        for commands_of, marked in ((own, True), (others, False)):
            for command in commands_of:
                [told] = effects_of(bench.do(BOB, command).effects, Told)
                assert told.own is marked
        [told] = effects_of(bench.do(MIA, deleting(None, all=True)).effects, Told)
        assert not told.own

    def test_of_a_user(self, bench: Bench) -> None:
        """Staff may delete all of a user's messages."""
        for user in (UMA, RITA, UMA):
            said(bench, user, f"from {user.name}")
        outcome = bench.do(BOB, deleting(UMA, messages=7, user="uma"))

        assert texts(bench) == ["from Rita"]
        assert DeleteResult(deleted=7) == outcome.result
        told = only(outcome.effects, ChatDeleted)
        assert [MessagesErased(told.seq, None, "uma")] == effects_of(outcome.effects, MessagesErased)

    def test_all(self, bench: Bench) -> None:
        """Managers may delete everything, their betters' words included."""
        for user in BY_ROLE.values():
            if user != GUS:
                said(bench, user)
        outcome = bench.do(MIA, deleting(None, messages=7, all=True))

        assert texts(bench) == []
        told = only(outcome.effects, ChatDeleted)
        assert told.all
        assert [MessagesErased(told.seq, None, None)] == effects_of(outcome.effects, MessagesErased)

    @pytest.mark.parametrize(
        "which",
        [{}, {"id": "m", "user": "uma"}, {"id": "m", "all": True}, {"id": "m", "user": "uma", "all": True}],
    )
    def test_exactly_one(self, bench: Bench, which: dict[str, Any]) -> None:
        """Exactly one of message, user and all must be named."""
        assert_rejected(bench, MIA, deleting(UMA, **which), ErrorCode.BAD_PARAMS, field="id")

    def test_unknown(self, bench: Bench) -> None:
        """A message that does not exist cannot be deleted, and only staff learn that."""
        assert_rejected(bench, BOB, deleting(None, id="nothing"), ErrorCode.NOT_FOUND)
        assert_rejected(bench, UMA, deleting(None, id="nothing"), ErrorCode.FORBIDDEN, needs="bouncer")

    def test_of_somebody_gone(self, bench: Bench) -> None:
        """A message from beyond the scroll-back, of somebody long gone, can be deleted too."""
        outcome = bench.do(BOB, deleting(person("Zoe"), id="old"))

        assert only(outcome.effects, ChatDeleted)

    def test_old_text_again(self, bench: Bench) -> None:
        """Deleting a user's messages does not cover what they say afterwards."""
        said(bench, UMA, "before")
        bench.do(BOB, deleting(UMA, user="uma"))
        said(bench, UMA, "after")

        assert texts(bench) == ["after"]


class TestScrollBack:
    """What a joiner sees of the past."""

    def test_number(self, bench: Bench) -> None:
        """At most the last 50 messages."""
        for number in range(limits.CHAT_REPLAY_MESSAGES + 5):
            said(bench, UMA, f"{number}")

        assert [f"{number}" for number in range(5, 55)] == texts(bench)

    def test_age(self, bench: Bench) -> None:
        """None older than 15 minutes, to the millisecond."""
        said(bench, UMA, "old")
        bench.now += 1
        said(bench, UMA, "new")
        bench.now += limits.CHAT_REPLAY_MS - 1
        assert texts(bench) == ["old", "new"]
        bench.now += 1

        assert texts(bench) == ["new"]


def test_peers_of_equal_role() -> None:
    """Staff do not delete each other's messages within one role."""
    bea = PEERS[Role.BOUNCER]
    bench = new_bench(BOB, bea)
    bench.state.staff[bea.id] = (bea, Role.BOUNCER)
    message = said(bench, bea)

    assert_rejected(bench, BOB, deleting(bea, id=message.id), ErrorCode.HIGHER_ROLE)
    assert len(events(bench.said, ChatMessage)) == 1
