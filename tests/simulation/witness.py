"""
The witness: sees everything that is committed and everything that is written, and objects.

It knows nothing of the server's code. What it holds against it is the protocol's promises:
log, then tell; one truth for each (room, epoch, seq); no gap and nothing twice on a
connection; nothing acknowledged is lost; one advance for one end.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from typing import Any, NamedTuple

from protocol import codec
from tests.simulation.network import Moment


class Violation(AssertionError):  # noqa: N818 - the finding of a run
    """The server broke a promise."""


class Stored(NamedTuple):
    """An event on the disk."""

    room: str
    epoch: str
    seq: int
    kind: str
    payload: dict[str, Any]


class Asked(NamedTuple):
    """A request under way; ``mark`` is how much was committed when it was sent."""

    method: str
    params: dict[str, Any]
    user_id: str
    mark: int


class Said(NamedTuple):
    """A message that was acknowledged."""

    room: str
    text: str
    id: str
    seq: int


class Witness:
    """What was committed, written and promised in one run."""

    def __init__(self) -> None:
        self.log: list[Stored] = []
        """Every durable event, in the order of commits."""
        self.places: dict[tuple[str, str, int], Stored] = {}
        self.said: dict[str, Said] = {}
        """Acknowledged messages by nonce."""
        self.votes: dict[tuple[str, str], int | None] = {}
        """Acknowledged votes by (play, user); None where a later one is in doubt."""
        self.kept: set[tuple[str, str]] = set()
        """Acknowledged (playlist, source id)."""
        self.deleted: set[str] = set()
        """Ids of messages whose deletion was acknowledged."""
        self.skips_wanted: dict[str, str] = {}
        """Plays that somebody asked to skip."""
        self.events: dict[tuple[str, str, int], dict[str, Any]] = {}
        """Every event as it was first written to anybody."""
        self.ids: dict[str, str] = {}
        """Room ids by slug."""
        self.counts: Counter[str] = Counter()
        self._last_row = 0
        self._file: sqlite3.Connection | None = None
        self._digest = hashlib.sha256()
        self._instant: tuple[float, list[tuple[int, str]]] = 0.0, []
        self._stands: dict[Any, dict[str, tuple[str, int]]] = defaultdict(dict)
        """By link and room: (epoch, last seq) that the connection was brought to."""

    @property
    def digest(self) -> str:
        """Name this run: everything that was written, where and when."""
        self._note_instant(float("inf"))
        return self._digest.hexdigest()

    def reads(self, connection: sqlite3.Connection) -> None:
        """Look at what is on the disk through a connection of its own."""
        self._file = connection

    # The disk

    def committed(self, connection: sqlite3.Connection) -> None:
        """Take note of the events of a commit."""
        self.counts["commits"] += 1
        rows = connection.execute(
            "SELECT id, room_id, epoch, seq, kind, payload FROM events"
            " WHERE id > ? AND seq IS NOT NULL ORDER BY id",
            (self._last_row,),
        ).fetchall()
        for row_id, room, epoch, seq, kind, payload in rows:
            self._last_row = row_id
            event = Stored(room, epoch, seq, kind, json.loads(payload))
            self.log.append(event)
            self.places[room, epoch, seq] = event

    # The network

    def wrote(self, moment: Moment, now: float, number: int, asked: dict[int, Asked]) -> None:
        """Hold a write against what is committed at this moment."""
        self._note_instant(now)
        self._instant[1].append((number, str(moment.values)))
        for value in moment.values:
            if isinstance(value, codec.Response):
                self._answered(moment, value, asked)
            else:
                self._told(moment, value)

    def _note_instant(self, now: float) -> None:
        """Add an instant that is over to the digest; within one, connections have no order."""
        instant, writes = self._instant
        if now > instant:
            writes.sort(key=lambda one: one[0])
            self._digest.update(f"{instant:.6f} {writes}\n".encode())
            self._instant = now, []

    def _told(self, moment: Moment, event: codec.Notification) -> None:
        room = event.params.get("room")
        if event.name == "resync":
            self._stands[moment.link].pop(str(room), None)
            self.counts["resyncs"] += 1
        if "seq" not in event.params or event.name == "hello":
            return
        assert isinstance(room, str)
        stand = self._stands[moment.link].get(room)
        if stand is None:
            raise Violation(f"an event of {room} on a connection that is not in it: {event}")
        epoch, last = stand
        seq = event.params["seq"]
        if seq != last + 1:
            raise Violation(f"expected seq {last + 1} of {room}, got {event}")
        self._stands[moment.link][room] = epoch, seq
        self._one_truth(room, epoch, seq, event.name, event.params)
        self.counts["told"] += 1

    def _one_truth(self, room: str, epoch: str, seq: int, name: str, params: dict[str, Any]) -> None:
        place = (room, epoch, seq)
        stored = self.places.get(place)
        if stored is None:
            raise Violation(f"told before it was committed: {name} {params}")
        if stored.kind != name:
            raise Violation(f"{place} is {stored.kind} on the disk and {name} on the wire")
        first = self.events.setdefault(place, {"name": name, **params})
        if first != {"name": name, **params} and name != "chat.message":
            raise Violation(f"{place} names two events: {first} and {name} {params}")
        if name == "chat.message" and params["id"] != first["id"]:
            raise Violation(f"{place} names two messages: {first} and {params}")

    def _answered(self, moment: Moment, answer: codec.Response, asked: dict[int, Asked]) -> None:
        request = asked.pop(answer.id, None)
        if request is None:
            raise Violation(f"an answer that nobody asked for, or a second one: {answer}")
        if answer.error is not None:
            self.counts[f"refused {answer.error['code']}"] += 1
            if answer.error["code"] == "internal":
                raise Violation(f"{request.method} was answered internal")
            return
        assert answer.result is not None
        self.counts["acknowledged"] += 1
        check = _ACKNOWLEDGED.get(request.method)
        if check is not None:
            check(self, moment, request, answer.result)

    # What an acknowledgement promises

    def _joined(self, moment: Moment, request: Asked, result: dict[str, Any]) -> None:
        room = self.ids.get(request.params["room"], request.params["room"])
        stands = self._stands[moment.link]
        stands[room] = result["epoch"], result["seq"]
        if not result["recovered"]:
            self.counts["joined afresh"] += 1
            return
        self.counts["resumed"] += 1
        resume = request.params["resume"]
        expected = list(range(resume["seq"] + 1, result["seq"] + 1))
        if [event[2]["seq"] for event in result["events"]] != expected:
            raise Violation(f"expected the events {expected}, got {result['events']}")
        for _, name, params in result["events"]:
            self._one_truth(room, result["epoch"], params["seq"], name, params)
            if name == "chat.message" and params["text"] and params["id"] in self.deleted:
                raise Violation(f"a replay holds deleted text: {params}")

    def _left(self, moment: Moment, request: Asked, _result: dict[str, Any]) -> None:
        self._stands[moment.link].pop(request.params["room"], None)

    def _said(self, _moment: Moment, request: Asked, result: dict[str, Any]) -> None:
        params = request.params
        said = Said(params["room"], params["text"], result["id"], result["seq"])
        first = self.said.setdefault(params["nonce"], said)
        if first != said:
            raise Violation(f"one nonce, two messages: {first} and {said}")
        rows = self._rows(
            "SELECT seq FROM events WHERE kind = 'chat.message' AND payload ->> '$.id' = ?", said.id
        )
        if rows != [(said.seq,)]:
            raise Violation(f"acknowledged before it was committed: {said}, the disk has {rows}")

    def _voted(self, _moment: Moment, request: Asked, _result: dict[str, Any]) -> None:
        play, value = request.params["play_id"], request.params["value"]
        rows = self._rows(
            "SELECT value FROM votes WHERE play_id = ? AND account_id = ?", play, request.user_id
        )
        if rows != [(value,)] and (rows or value):  # no opinion at all needs no row
            raise Violation(f"a vote of {value} was acknowledged, the disk has {rows}")
        self.votes[play, request.user_id] = value

    def _inserted(self, _moment: Moment, request: Asked, _result: dict[str, Any]) -> None:
        playlist = request.params["playlist_id"]
        self.kept |= {(playlist, item["source_id"]) for item in request.params["items"]}
        self._check_kept(playlist)

    def _check_kept(self, playlist: str) -> None:
        rows = {row[0] for row in self._rows(
            "SELECT source_id FROM playlist_items WHERE playlist_id = ?", playlist
        )}  # fmt: skip
        lost = {source for where, source in self.kept if where == playlist} - rows
        if lost:
            raise Violation(f"items were acknowledged and are not in the playlist: {lost}")

    def _queued(self, _moment: Moment, request: Asked, _result: dict[str, Any]) -> None:
        me = request.user_id
        for event in self.log[request.mark :]:
            dj = (event.payload.get("play") or {}).get("dj") if event.kind == "play.started" else None
            if event.room == request.params["room"] and (
                (event.kind == "waitlist.changed" and event.payload.get("user") == {"$user": me})
                or dj == {"$user": me}
            ):
                return
        raise Violation(f"a place in the waitlist was acknowledged to {me}, and the log holds none")

    def _skipped(self, _moment: Moment, request: Asked, _result: dict[str, Any]) -> None:
        play = request.params["play_id"]
        if not self._rows("SELECT 1 FROM plays WHERE id = ? AND ended_at_ms IS NOT NULL", play):
            raise Violation(f"a skip of {play} was acknowledged, and it goes on")

    def _was_deleted(self, _moment: Moment, request: Asked, _result: dict[str, Any]) -> None:
        ident = request.params["id"]
        self.deleted.add(ident)
        self._check_deleted(ident)

    def _check_deleted(self, ident: str) -> None:
        rows = self._rows(
            "SELECT payload ->> '$.text' FROM events WHERE kind = 'chat.message' AND payload ->> '$.id' = ?",
            ident,
        )
        if rows != [("",)]:
            raise Violation(f"the deletion of {ident} was acknowledged, the disk has {rows}")

    def _rows(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        assert self._file is not None, "the witness can read"
        return [tuple(row) for row in self._file.execute(sql, params).fetchall()]

    # The end

    def assert_nothing_lost(self) -> None:
        """Hold everything that was ever acknowledged against the disk."""
        for nonce, said in self.said.items():
            rows = self._rows(
                "SELECT payload ->> '$.id', seq, room_id FROM events"
                " WHERE kind = 'chat.message' AND nonce = ?",
                nonce,
            )
            if rows != [(said.id, said.seq, said.room)]:
                raise Violation(f"expected {said} once, the disk has {rows}")
        for (play, user), value in self.votes.items():
            rows = self._rows("SELECT value FROM votes WHERE play_id = ? AND account_id = ?", play, user)
            if value is not None and rows != [(value,)] and (rows or value):
                raise Violation(f"{user} voted {value} on {play}, the disk has {rows}")
        for playlist in {where for where, _ in self.kept}:
            self._check_kept(playlist)
        for ident in self.deleted:
            self._check_deleted(ident)

    def assert_one_advance(self) -> None:
        """Check that in each room every play follows the one before it, and ends once."""
        playing: dict[str, str | None] = {}
        ended: Counter[str] = Counter()
        for event in self.log:
            if event.kind not in {"play.started", "play.stopped"}:
                continue
            previous = event.payload.get("previous")
            before = playing.get(event.room)
            if (previous and previous["play_id"]) != before:
                raise Violation(f"expected the end of {before}, got {event}")
            if previous:
                ended[before or ""] += 1
                if previous["end"] == "skipped" and before not in self.skips_wanted:
                    raise Violation(f"{before} was skipped, and nobody asked for it")
            playing[event.room] = event.payload["play"]["id"] if event.kind == "play.started" else None
        if any(times != 1 for times in ended.values()):
            raise Violation(f"plays ended more than once: {ended.most_common(3)}")
        self.counts["advances"] = ended.total()

    def assert_numbered(self) -> None:
        """Check that a room's numbers rise by one on the disk, whatever happened."""
        last: dict[str, int] = {}
        for event in self.log:
            if event.seq != last.get(event.room, 0) + 1:
                raise Violation(f"expected seq {last.get(event.room, 0) + 1} on the disk, got {event}")
            last[event.room] = event.seq


_ACKNOWLEDGED: dict[str, Any] = {
    "room.join": Witness._joined,
    "room.leave": Witness._left,
    "chat.send": Witness._said,
    "chat.delete": Witness._was_deleted,
    "vote.cast": Witness._voted,
    "playlist.insert": Witness._inserted,
    "waitlist.join": Witness._queued,
    "booth.skip": Witness._skipped,
}
"""What the answer to a method promises, checked at the moment it is written."""
