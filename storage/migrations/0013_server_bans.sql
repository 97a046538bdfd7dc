-- Bans from the whole server. Of an address there is a keyed hash only.

CREATE TABLE server_bans (
  id          TEXT PRIMARY KEY,
  account_id  TEXT UNIQUE,
  network_key BLOB UNIQUE,                         -- keyed hash of a network, never the network
  network     TEXT,                                -- its text, where it is too wide to be anybody's
  prefix      TEXT,                                -- IP version and length of the prefix, such as 4/24
  reason      TEXT,
  at_ms       INTEGER NOT NULL,
  until_ms    INTEGER,                             -- NULL: for good
  CHECK ((account_id IS NULL) <> (network_key IS NULL))
) STRICT;
