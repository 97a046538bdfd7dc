-- What people may choose and ask for: states of accounts, consents, requests, reports, tombstones.
-- Where a row outlives its person it holds a keyed hash from the start; the keys are not in this file.

CREATE TABLE account_privacy (
  account_id         TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  state              TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'frozen', 'erasing')),
  age_band           TEXT CHECK (age_band IN ('13-15', '16-17', '18+')),  -- never a birth date
  age_checked_at_ms  INTEGER,
  age_proven         INTEGER NOT NULL DEFAULT 0,   -- the operator saw a proof: reports freeze no more
  frozen_at_ms       INTEGER,
  erase_at_ms        INTEGER,                      -- when a frozen account is erased without a decision
  chat_ttl_ms        INTEGER,                      -- the person's own, shorter time; NULL: none
  improvement        INTEGER,                      -- NULL: the jurisdiction's default
  improvement_source TEXT,
  improvement_at_ms  INTEGER,
  marketing          INTEGER,
  marketing_source   TEXT,
  marketing_at_ms    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX account_privacy_due ON account_privacy (erase_at_ms) WHERE erase_at_ms IS NOT NULL;

CREATE TABLE consent_log (
  id            INTEGER PRIMARY KEY,
  subject       BLOB NOT NULL,                     -- keyed hash of the account's id
  choice        TEXT NOT NULL CHECK (choice IN ('policy', 'improvement', 'marketing')),
  value         INTEGER NOT NULL,                  -- the revision, or 1 for yes
  source        TEXT NOT NULL,
  at_ms         INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_log_subject ON consent_log (subject, id);
CREATE INDEX consent_log_expiry ON consent_log (expires_at_ms);

CREATE TABLE privacy_requests (
  id               TEXT PRIMARY KEY,
  subject          BLOB NOT NULL,                  -- keyed hash of the account's id
  account_id       TEXT,                           -- while it is being carried out, then NULL
  kind             TEXT NOT NULL CHECK (kind IN ('export', 'erase')),
  basis            TEXT NOT NULL,                  -- who asked: self, operator, age, inactive, ledger
  stage            TEXT NOT NULL,
  requested_at_ms  INTEGER NOT NULL,
  steps            TEXT NOT NULL,                  -- JSON: [{"stage", "at_ms"}]
  receipts         TEXT NOT NULL DEFAULT '{}',     -- JSON: holder to count
  token_hash       BLOB,                           -- SHA-256 of the archive's single-use token
  archive_until_ms INTEGER,
  expires_at_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX privacy_requests_subject ON privacy_requests (subject, requested_at_ms);
CREATE INDEX privacy_requests_open ON privacy_requests (kind, account_id) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX privacy_requests_token ON privacy_requests (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX privacy_requests_expiry ON privacy_requests (expires_at_ms);

CREATE TABLE age_reports (
  target_id     TEXT NOT NULL,
  reporter      BLOB NOT NULL,                     -- keyed hash: the target never learns whose
  at_ms         INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  PRIMARY KEY (target_id, reporter)
) STRICT, WITHOUT ROWID;
CREATE INDEX age_reports_reporter ON age_reports (reporter, at_ms);
CREATE INDEX age_reports_expiry ON age_reports (expires_at_ms);

CREATE TABLE tombstones (
  kind          TEXT NOT NULL CHECK (kind IN ('name', 'email', 'child')),
  keyed         BLOB NOT NULL,
  at_ms         INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  PRIMARY KEY (kind, keyed)
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstones_expiry ON tombstones (expires_at_ms);

CREATE TABLE suppressions (
  keyed  BLOB NOT NULL,
  stream TEXT NOT NULL,
  source TEXT NOT NULL,
  at_ms  INTEGER NOT NULL,
  PRIMARY KEY (keyed, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE privacy_audit (
  id            INTEGER PRIMARY KEY,
  at_ms         INTEGER NOT NULL,
  actor         TEXT NOT NULL CHECK (actor IN ('user', 'operator', 'system', 'hook')),
  actor_ref     BLOB,                              -- keyed hash of the account's id, for users
  action        TEXT NOT NULL,
  subject       BLOB,                              -- keyed hash of the account concerned
  category      TEXT,
  count         INTEGER NOT NULL,
  policy_rev    INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  hash          BLOB NOT NULL                      -- keyed hash of the row before and this one
) STRICT;
CREATE INDEX privacy_audit_expiry ON privacy_audit (expires_at_ms);

-- One row: what the ledger of erasures, a file of its own, had when this file was last written.
CREATE TABLE ledger_mark (
  id  INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL
) STRICT;
INSERT INTO ledger_mark (id, seq) VALUES (1, 0);
