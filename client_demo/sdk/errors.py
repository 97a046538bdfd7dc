"""
What can go wrong for a client. Exceptions hold data and build their sentence.

::

    Exception
     ├── RequestError              the server refused a request
     └── ConnectionError
          ├── UnreachableError     there is no room server at the address
          ├── ConnectionLostError  the connection ended before the answer came
          └── StoppedError         the server closed for good

"""

from __future__ import annotations

from protocol.errors import WireError


class RequestError(Exception):
    """The server refused a request; ``code`` is the stable word."""

    def __init__(self, method: str, error: WireError) -> None:
        super().__init__(method, error)
        self.method = method
        self.code = error.code
        self.error = error

    def __str__(self) -> str:
        return f"{self.method}: {self.code}: {self.error.message}"


class UnreachableError(ConnectionError):
    """The first connection failed: wrong address, no server, or none that takes us."""

    def __init__(self, url: str, cause: Exception) -> None:
        super().__init__(url, cause)
        self.url = url
        self.cause = cause

    def __str__(self) -> str:
        return f"expected a room server at {self.url}, got {self.cause}"


class ConnectionLostError(ConnectionError):
    """The connection ended before the answer came; the request may or may not have happened."""


class StoppedError(ConnectionError):
    """The server closed for good (40xx): reconnecting would not help."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"the server closed with {self.code}: {self.reason}"
