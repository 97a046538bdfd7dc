"""The public pages of a server: the web client, health, the privacy notice, and what a part adds."""

from __future__ import annotations

from pathlib import Path

from roomserver.admin.listener import metrics_page
from roomserver.config import Config, StorageConfig
from roomserver.gateway.http import Page, Site
from roomserver.health import Health
from roomserver.metrics.metrics import Metrics
from roomserver.notices import NoticeBoard
from roomserver.privacy.proofs import PATH as PROOF
from roomserver.privacy.rights import Rights
from roomserver.privacy_page import notice_html, notice_json


def media_folder(config: StorageConfig) -> Path:
    """Return where the demo tracks are."""
    return Path(config.data) / "media"


def site_of(
    config: Config,
    health: Health,
    notices: NoticeBoard,
    metrics: Metrics,
    rights: Rights,
) -> Site:
    """Return what is served beside the socket."""
    pages: dict[str, Page] = {
        "/healthz": health.alive,
        "/readyz": health.ready,
        "/privacy": lambda: notice_html(notices.general(), config.privacy.contact),
        "/privacy.json": lambda: notice_json(notices.general()),
    }
    shows_metrics = config.admin.public_metrics and not config.admin.listen
    local_pages = {"/metrics": metrics_page(metrics)} if shows_metrics else {}
    return Site(
        pages,
        Path(config.storage.web),
        media_folder(config.storage),
        local_pages,
        rights.pages.pages(),
        {PROOF: rights.proofs},
    )
