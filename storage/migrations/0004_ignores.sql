-- Whom an account does not want to hear. Kept with the account, told to nobody else.

CREATE TABLE ignores (
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  ignored_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  PRIMARY KEY (account_id, ignored_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX ignores_ignored ON ignores (ignored_id);  -- for the cascade
