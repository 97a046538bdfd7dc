"""The values of privacy."""

from __future__ import annotations

from typing import get_args

from protocol import codec
from protocol.errors import CloseCode, ErrorCode
from protocol.methods import METHODS
from protocol.privacy import (
    AgeBand,
    Consent,
    Consents,
    PolicyVersion,
    Privacy,
    PrivacyRequest,
    Receipt,
    RequestStage,
    SelfTtl,
    Step,
)
from protocol.results import PrivacyResult

OFF = Consent(on=False, source="default")
POLICY = PolicyVersion(rev=3, hash="ab", url="/privacy", material=True, summary="s", effective_at_ms=5)
REQUEST = PrivacyRequest(
    id="r",
    kind="erase",
    stage="rows",
    requested_at_ms=1,
    steps=[Step(stage="requested", at_ms=1)],
    receipts=[Receipt(holder="events", count=7)],
)
STATUS = Privacy(
    state="active",
    jurisdiction="EU",
    policy=POLICY,
    accepted_rev=2,
    must_accept=True,
    has_password=True,
    consents=Consents(improvement=OFF, marketing=Consent(on=True, source="chosen", at_ms=9)),
    self_ttl=SelfTtl(chat_ms=None),
    requests=[REQUEST],
)


def test_over_the_wire() -> None:
    """A client reads what the server wrote; optional fields are left out, the others nil."""
    sent = codec.encode_result(1, PrivacyResult(privacy=STATUS))
    [[_, _, _, wire]] = codec.decode(sent, max_bytes=2**16)

    assert codec.read(wire, PrivacyResult) == PrivacyResult(privacy=STATUS)
    assert "age_band" not in wire["privacy"]
    assert wire["privacy"]["self_ttl"] == {"chat_ms": None}


def test_stages_in_order() -> None:
    """The stages of an erasure stand in the order in which they are done, those of an export too."""
    stages = get_args(RequestStage)

    for chain in ("requested building ready fetched", "requested frozen memory rows search bytes complete"):
        places = [stages.index(stage) for stage in chain.split()]
        assert places == sorted(places)


def test_no_age_below_the_minimum() -> None:
    """No band says that somebody is too young: of such a person nothing is kept."""
    assert min(int(band[:2]) for band in get_args(AgeBand)) == 13


def test_rights_are_never_behind_the_policy() -> None:
    """Neither export nor erasure nor the status can be refused for want of an acceptance."""
    for name in ("privacy.export", "privacy.erase", "privacy.status"):
        assert ErrorCode.POLICY_REACCEPT_REQUIRED not in METHODS[name].errors


def test_codes() -> None:
    """Erased and frozen accounts are told apart, and neither should try again."""
    assert (CloseCode.ERASED, CloseCode.FROZEN) == (4010, 4011)
