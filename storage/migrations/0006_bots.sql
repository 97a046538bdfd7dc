-- Bots: accounts of kind 'bot' that a user owns. Their token is a session like any other.

CREATE TABLE bots (
  account_id TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
  owner_id   TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  scopes     TEXT NOT NULL                       -- JSON list of protocol.values.Scope
) STRICT, WITHOUT ROWID;
CREATE INDEX bots_owner ON bots (owner_id);

-- Whichever way a bot's row goes, with its owner too, its account goes with it: nothing is left
-- that could log in.
CREATE TRIGGER bots_go_whole AFTER DELETE ON bots BEGIN
  DELETE FROM staff WHERE account_id = OLD.account_id;
  DELETE FROM accounts WHERE id = OLD.account_id;
END;
