"""The first word of the server to each connection."""

from __future__ import annotations

from collections.abc import Mapping

from protocol import PROTOCOL_VERSION
from protocol.events import Hello, PolicyInfo, ServerInfo
from protocol.limits import Limits, Rate
from roomserver import VERSION
from roomserver.clock import ServerClock
from roomserver.identity import new_id
from roomserver.privacy.choices import NOTICE_PATH
from storage.privacy.recorder import Recorder

FEATURES = ["resume", "nonce", "fallback"]


def policy_of(recorder: Recorder, contact: str) -> PolicyInfo:
    """Return which policy is in force, as ``privacy.status`` names it too."""
    return PolicyInfo(
        rev=recorder.in_force.rev, hash=recorder.policy_hash, url=NOTICE_PATH, contact=contact or None
    )


def hello_of(clock: ServerClock, limits: Limits, rates: Mapping[str, Rate], policy: PolicyInfo) -> Hello:
    """Return what a client must know before it asks for anything."""
    return Hello(
        protocol=PROTOCOL_VERSION,
        server=ServerInfo(name="roomserver", version=VERSION),
        connection_id=new_id(),
        server_time_ms=clock.now_ms(),
        clock_id=clock.id,
        limits=limits,
        rates=dict(rates),
        policy=policy,
        features=FEATURES,
    )
