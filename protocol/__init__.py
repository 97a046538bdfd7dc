"""
The wire as data: values, commands, events, errors, limits, roles, codec and reducer.

Nothing here knows a socket, a clock or a database. Every other package may import
this one; this one imports none of them.
"""

PROTOCOL_VERSION = 1
"""The version of the contract in ``hello``; renaming or changing a field needs a new one."""

SUBPROTOCOL = "roomserver.v1"
"""The WebSocket subprotocol a client must offer."""
