"""The log of where accounts connect from: kept raw for a week, then so that it leads to nobody."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from protocol.values import User
from roomserver.addresses import WeekKeys, network_of
from roomserver.api.caller import Caller
from roomserver.beat import Beat
from storage.privacy.recorder import Recorder
from storage.records import ConnectionRow

log = structlog.get_logger("connections")


class ConnectionLog:
    """Notes each session's connection with the beat that is under way."""

    def __init__(self, recorder: Recorder, keys: WeekKeys, beat: Beat, now_ms: Callable[[], int]) -> None:
        self._recorder = recorder
        self._keys = keys
        self._beat = beat
        self._now_ms = now_ms

    def note(self, caller: Caller, user: User) -> None:
        """
        Note that a connection carries a user from now on.

        Where the disk takes no key of this week nothing is noted: nobody is kept out for that.
        """
        now, address = self._now_ms(), caller.connection.client.text
        network = network_of(address)
        try:
            hashed = self._keys.hashed(address, now)
        except OSError as error:
            log.warning("connection not noted", cause=type(error).__name__)
            return
        row = self._recorder.connection(
            ConnectionRow(
                account_id=user.id,
                at_ms=now,
                address=None if network is None else address,
                network=network,
                address_key=hashed,
                browser=caller.connection.agent.browser,
                os=caller.connection.agent.os,
                raw_until_ms=None,
                expires_at_ms=0,
                policy_rev=0,
            )
        )
        if row is not None:
            self._beat.connected(row)
