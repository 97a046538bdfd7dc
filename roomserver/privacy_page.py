"""The recording notice as pages: ``/privacy`` for people, ``/privacy.json`` for programs."""

from __future__ import annotations

import html
from http import HTTPStatus

import msgspec

from protocol.notice import Notice, NoticeCategory
from storage.privacy.notice import period_of


def notice_json(notice: Notice) -> tuple[HTTPStatus, str, bytes]:
    """Return the notice as JSON."""
    return HTTPStatus.OK, "application/json", msgspec.json.encode(notice)


def notice_html(notice: Notice, contact: str = "") -> tuple[HTTPStatus, str, bytes]:
    """Return the notice as a page without script or style; ``contact`` is the operator's address, if any."""
    rows = "\n".join(_row(category) for category in notice.categories)
    page = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What this server records</title>
<h1>What this server records</h1>
<p>{html.escape(notice.text)}</p>
<table>
<tr><th>Data</th><th>What</th><th>Why</th><th>Kept</th></tr>
{rows}
</table>
{_reached(contact)}
<p>Revision {notice.rev}, {html.escape(notice.hash)}. Also as <a href="/privacy.json">JSON</a>.</p>
<p><a href="/">Back to the rooms</a></p>
</html>
"""
    return HTTPStatus.OK, "text/html; charset=utf-8", page.encode()


def _reached(contact: str) -> str:
    if not contact:
        return ""
    target = contact if contact.startswith(("http://", "https://")) else f"mailto:{contact}"
    return f'<p>The operator is reached at <a href="{html.escape(target)}">{html.escape(contact)}</a>.</p>'


def _row(category: NoticeCategory) -> str:
    cells = (category.category, category.what, category.purpose, period_of(category))
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
