-- When somebody last signed in, to the day, and which letters they got since about their account's end.

ALTER TABLE account_privacy ADD COLUMN active_at_ms INTEGER;
ALTER TABLE account_privacy ADD COLUMN warnings INTEGER NOT NULL DEFAULT 0;

INSERT INTO account_privacy (account_id, active_at_ms)
SELECT id, max(
  created_at_ms,
  coalesce((SELECT max(created_at_ms) FROM sessions WHERE account_id = accounts.id), 0),
  coalesce((SELECT max(at_ms) FROM connections WHERE account_id = accounts.id), 0)
) / 86400000 * 86400000
FROM accounts WHERE kind IN ('user', 'admin')
ON CONFLICT (account_id) DO UPDATE SET active_at_ms = excluded.active_at_ms;
