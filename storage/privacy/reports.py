"""Reports of users who are too young: who was reported, by how many, never by whom."""

from __future__ import annotations

from protocol.limits import AGE_REPORTS_PER_DAY, DAY_MS
from storage.database import Database, Transaction
from storage.errors import LimitReachedError
from storage.privacy.keys import Keys

REPORT_TTL_MS = 90 * DAY_MS


class AgeReports:
    """All reports. A reporter is a keyed hash under a key of its own."""

    def __init__(self, db: Database, keys: Keys) -> None:
        self._db = db
        self._keys = keys

    async def add(
        self, tx: Transaction, target_id: str, reporter_id: str, now_ms: int, *, counts: bool = True
    ) -> int:
        """
        Note a report, and return how many different people's reports count against this user by now.

        Raises:
            LimitReachedError: the reporter made too many today.

        """
        reporter = self._keys.mac("report", reporter_id)
        today = await tx.row(
            """
            SELECT count(*) AS count FROM age_reports
            WHERE reporter = :reporter AND at_ms > :since AND target_id != :target""",
            {"reporter": reporter, "since": now_ms - DAY_MS, "target": target_id},
        )
        if today is not None and today["count"] >= AGE_REPORTS_PER_DAY:
            raise LimitReachedError("reports a day", AGE_REPORTS_PER_DAY)
        await tx.execute(
            """
            INSERT INTO age_reports (target_id, reporter, at_ms, expires_at_ms, counts)
            VALUES (:target, :reporter, :now, :expires, :counts)
            ON CONFLICT DO UPDATE SET counts = max(counts, excluded.counts)""",
            {
                "target": target_id,
                "reporter": reporter,
                "now": now_ms,
                "expires": now_ms + REPORT_TTL_MS,
                "counts": int(counts),
            },
        )
        row = await tx.row(
            """
            SELECT count(*) AS count FROM age_reports
            WHERE target_id = :target AND counts AND expires_at_ms > :now""",
            {"target": target_id, "now": now_ms},
        )
        return 0 if row is None else int(row["count"])

    async def sever(self, tx: Transaction, reporter_id: str) -> int:
        """Part the reports from who made them: they count, and lead to nobody."""
        return await tx.execute(
            "UPDATE age_reports SET reporter = randomblob(16) WHERE reporter = :reporter",
            {"reporter": self._keys.mac("report", reporter_id)},
        )
