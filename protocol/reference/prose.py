"""The parts of the reference that are sentences."""

from __future__ import annotations

from protocol import PROTOCOL_VERSION, SUBPROTOCOL, limits

INTRODUCTION = f"""\
# Protocol reference

The wire protocol of roomserver, version {PROTOCOL_VERSION}, for people who write a bot or a client.
This file is rendered from the code by `python -m protocol.reference`; do not edit it.

## Transport

- Connect a WebSocket to `/ws` and offer the subprotocol `{SUBPROTOCOL}`; without it the answer is HTTP 400.
- Send and expect binary messages. One message holds one or more MessagePack values back to back, in both
  directions. Text messages, fragmented messages and extension types (timestamps too) are refused.
- Every value is an array:

  | | |
  |---|---|
  | request | `[0, id, method, params]` |
  | response | `[1, id, error, result]`, one of `error` and `result` is nil |
  | notification | `[2, name, params]` |

- `id` is a number from 0 to {limits.REQUEST_ID_MAX} that no other open request of the connection has.
  Every request gets one response. A method sent as a notification gets none.
- `params` and `result` are maps with strings as keys.
- An unknown method is answered `unknown_method`; an unknown, missing or ill-typed param `bad_params`, with
  its path in `field`, such as `items[3].title`. A client ignores events and fields that it does not know.
- A message has at most {limits.MESSAGE_BYTES} bytes and a nesting of at most {limits.NESTING}.
- Fields ending in `_ms` are integer milliseconds (instants: since the Unix epoch, by the server's clock);
  `clock.sync` alone uses microseconds, `_us`. Ids are opaque.

## Connection

1. The server begins with `hello`: its version, limits, rates and clock.
2. Log in with a `session.*` method within {limits.Limits().auth_timeout_ms // 1000} s. A bot sends its
   token with `session.resume`. Before that only the methods marked *before login* work.
3. `room.join` enters a room and answers what it is now. One connection may be in several rooms.
   Several connections of one user are one member.
4. The server pings; WebSocket libraries answer by themselves. Silence ends the connection.
5. Before the server closes, it sends `closing` with the close code, because proxies lose close reasons.

## Room stream

Every room event carries `seq`, which rises by exactly 1 per event of the room; `epoch` names the numbering.
Keep both. Apply an event when its `seq` is the last one plus 1, and ignore it when it is not higher than
the last one. On a gap, and after a reconnect, call `room.join` with `resume`: the answer has either
`recovered: true` and all missed events, or `recovered: false` and a snapshot. On `resync`, join without
`resume`. A snapshot with the events after it applied equals the later snapshot; chat older than
{limits.CHAT_REPLAY_MS // limits.MINUTE_MS} minutes aside.
Latest-value events carry no `seq`: a later one replaces an earlier one, and some may never arrive.

## Playback

A play is a timing vector. At server time `t` its media is at
`position_ms + velocity * (t - started_at_ms)`. `play.started` comes ahead of `started_at_ms`, so that
everybody can load the media and start together. Measure the server's clock with `clock.sync`: with `t4`
for the arrival of the answer, the offset is `((t2 - t1) + (t3 - t4)) / 2`; trust the probes with the
shortest round trip.
"""

NOTATION = """\
`?` marks an optional field: leave it out rather than sending nil. "or nil" means that the field is always
there. Lengths count characters after Unicode normalisation (NFC). Each example stands in JSON notation and
as the bytes on the wire."""

SCOPES = """\
A bot is an account of kind `bot` that a user owns; `bot.create` makes it and answers its token. Its session
says in `scopes` what the token is good for, and in `rates` how fast it may be. A bot may do what its role in
a room and its scopes allow together. Where a method takes two scopes, `moderate` is for acting on others:
with `chat.write` a bot deletes its own messages, with `dj` it skips its own play. Without `chat.read`
messages come without `text`, `mentions` and `reply_to`, live and in snapshots.
"""
