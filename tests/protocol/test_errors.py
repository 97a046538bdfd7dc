"""Error codes and close codes."""

from __future__ import annotations

import re

import pytest

from protocol.errors import (
    CLOSE_MEANINGS,
    ERRORS,
    CloseCode,
    ErrorCode,
    Rejected,
    Verdict,
    close_verdict,
)


def test_meanings() -> None:
    """Every code has a meaning, in lower case, said in one place."""
    assert set(ErrorCode) == set(ERRORS)
    assert set(CloseCode) == set(CLOSE_MEANINGS)
    for meaning in [*(error.meaning for error in ERRORS.values()), *CLOSE_MEANINGS.values()]:
        assert meaning
        assert not meaning[0].isupper()
        assert not meaning.endswith(".")


def test_unique() -> None:
    """No two codes share a word, a number or a meaning."""
    assert len(ErrorCode) == len(ErrorCode.__members__) == len({code.value for code in ErrorCode})
    assert len(CloseCode) == len(CloseCode.__members__)
    assert len(ERRORS) == len({error.meaning for error in ERRORS.values()})
    assert len(CLOSE_MEANINGS) == len(set(CLOSE_MEANINGS.values()))


@pytest.mark.parametrize("code", ErrorCode)
def test_words(code: ErrorCode) -> None:
    """A code is a snake_case word."""
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code.value)
    assert code.value == code.name.lower()


@pytest.mark.parametrize("code", CloseCode)
def test_verdict(code: CloseCode) -> None:
    """The hundreds digit of a close code says what a client does."""
    verdicts = {40: Verdict.STOP, 41: Verdict.BACK_OFF, 42: Verdict.RECONNECT}

    assert close_verdict(code) is verdicts[code // 100]


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1008, 1009])
def test_client_bugs(code: int) -> None:
    """RFC 6455 codes that name a fault of the client stop it."""
    assert close_verdict(code) is Verdict.STOP


@pytest.mark.parametrize("code", [None, 1000, 1001, 1005, 1006, 1011, 1012, 1013, 3000, 4300])
def test_network_failures(code: int | None) -> None:
    """Every other code, and none at all, means back off and resume."""
    assert close_verdict(code) is Verdict.BACK_OFF


def test_word() -> None:
    """A close code's word is its name."""
    assert CloseCode.SLOW_CONSUMER.word == "slow_consumer"


def test_wire() -> None:
    """An error is a map of code, message, whether to retry, and its facts."""
    refused = Rejected(ErrorCode.STALE_PLAY, "expected p2, got p1", play_id="p2")

    assert refused.to_wire() == {
        "code": "stale_play",
        "message": "expected p2, got p1",
        "temporary": False,
        "play_id": "p2",
    }
    assert str(refused) == "stale_play: expected p2, got p1"


def test_default_message() -> None:
    """Without a sentence of its own a refusal says its code's meaning."""
    assert Rejected(ErrorCode.INTERNAL).message == ERRORS[ErrorCode.INTERNAL].meaning
