"""What people reach over plain HTTP: a request's progress, an archive, the end of unwanted mail."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path

import msgspec

from roomserver.gateway.http import Answer, LaterPage, file_answer, respond, text_page
from roomserver.privacy.choices import Choices
from roomserver.privacy.exports import PATH as EXPORTS
from roomserver.privacy.exports import Exports
from storage.privacy.requests import Requests
from storage.privacy.suppressions import Source

REQUESTS = "/privacy/requests/"
UNSUBSCRIBE = "/privacy/unsubscribe/"


def request_url(request_id: str) -> str:
    """Return where a request's progress is shown; whoever knows the address may read it."""
    return REQUESTS + request_id


class PrivacyPages:
    """The pages. ``unsubscribe`` ends mail by the word of a link; False for a word that is none."""

    def __init__(
        self,
        choices: Choices,
        exports: Exports,
        requests: Requests,
        unsubscribe: Callable[[str, Source], Awaitable[bool]],
    ) -> None:
        self._choices = choices
        self._exports = exports
        self._requests = requests
        self._unsubscribe = unsubscribe

    def pages(self) -> dict[str, LaterPage]:
        """Return the pages by the beginning of their path."""
        return {REQUESTS: self.request, EXPORTS: self.archive, UNSUBSCRIBE: self.unsubscribe}

    async def request(self, method: str, request_id: str) -> Answer:
        """Show how far a request is, as JSON: also to somebody whose account is gone by now."""
        if method != "GET":
            return only("GET")
        found = await self._requests.get(request_id)
        if found is None:
            return _missing("request")
        told = msgspec.structs.replace(self._choices.told(found), url=None)
        return respond(HTTPStatus.OK, "application/json", msgspec.json.encode(told))

    async def archive(self, method: str, word: str) -> Answer:
        """Give an archive away, once."""
        if method != "GET":
            # A HEAD of a mail scanner or a preview must not use the link up.
            return only("GET")
        path = await self._exports.redeem(word)
        if path is None:
            return _missing("archive: a link works once, and for seven days")
        return _download(path)

    async def unsubscribe(self, method: str, word: str) -> Answer:
        """End mail: a GET shows a button, for scanners follow links; a POST does it (RFC 8058)."""
        if method == "GET":
            return respond(HTTPStatus.OK, "text/html; charset=utf-8", _button(word), _FORM)
        if method != "POST":
            return only("GET, POST")
        if not await self._unsubscribe(word, "one_click"):
            return _missing("link of a mail")
        return respond(HTTPStatus.OK, "text/html; charset=utf-8", _DONE.encode())


_FORM = {"Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'"}
_DONE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Done</title>
<h1>You will get no more of these mails</h1>
<p>It holds from now on, for this address, whatever becomes of your account.</p>
</html>
"""


def _button(word: str) -> bytes:
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>No more mails</title>
<h1>No more mails?</h1>
<form method="post" action="{UNSUBSCRIBE}{html.escape(word)}">
<button>Send me no more of these</button>
</form>
</html>
""".encode()


def _missing(what: str) -> Answer:
    return respond(*text_page(f"expected a {what}\n", HTTPStatus.NOT_FOUND))


def only(methods: str) -> Answer:
    """Return the answer to a method that a page does not take."""
    return respond(*text_page(f"expected {methods}\n", HTTPStatus.METHOD_NOT_ALLOWED), {"Allow": methods})


def _download(path: Path) -> Answer:
    answer = file_answer(path, (0, path.stat().st_size), path.stat().st_size, partial=False)
    answer.head.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    del answer.head.headers["Cache-Control"]
    answer.head.headers["Cache-Control"] = "no-store"
    return answer
