-- When a policy came, or comes, into force, and whether it must be accepted; reports that count.

CREATE TABLE policy_versions (
  rev             INTEGER PRIMARY KEY,
  material        INTEGER NOT NULL,
  summary         TEXT NOT NULL,                   -- what changed, in words made from the policy itself
  published_at_ms INTEGER NOT NULL,
  effective_at_ms INTEGER NOT NULL
) STRICT;

-- A report by an account that is days old is noted, but takes no part in freezing anybody.
ALTER TABLE age_reports ADD COLUMN counts INTEGER NOT NULL DEFAULT 1;
