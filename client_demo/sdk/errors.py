"""
What can go wrong for a client. Exceptions hold data and build their sentence.

::

    Exception
     ├── RequestError              the server refused a request
 │    └── RateLimited          too fast, and the caller did not want to wait
     └── ConnectionError
          ├── UnreachableError     there is no room server at the address
          ├── ConnectionLostError  the connection ended before the answer came
          └── StoppedError         the server closed for good

"""

from __future__ import annotations

from protocol.errors import ErrorCode, WireError


class RequestError(Exception):
    """The server refused a request; ``code`` is the stable word."""

    def __init__(self, method: str, error: WireError) -> None:
        super().__init__(method, error)
        self.method = method
        self.code = error.code
        self.error = error

    def __str__(self) -> str:
        return f"{self.method}: {self.code}: {self.error.message}"


class RateLimited(RequestError):  # noqa: N818 - an answer that says when, not a failure
    """
    A request came too soon, by the announced rates; ``retry_after`` says how many seconds too soon.

    Only whoever asks not to wait gets to see it. It may come before anything was sent.
    """

    @classmethod
    def after(cls, method: str, seconds: float) -> RateLimited:
        """Return the refusal of a request that was not sent."""
        message = f"expected a free place in the rate, got one in {seconds:.3f} s"
        wait_ms = max(1, round(seconds * 1000))
        return cls(
            method,
            WireError(
                code=ErrorCode.RATE_LIMITED.value, message=message, temporary=True, retry_after_ms=wait_ms
            ),
        )

    @property
    def retry_after(self) -> float:
        """Seconds to wait."""
        return (self.error.retry_after_ms or 0) / 1000


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
    """The client is over: the server closed for good (40xx), or the application did (no code)."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return self.reason if self.code is None else f"the server closed with {self.code}: {self.reason}"
