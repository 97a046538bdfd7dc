-- Room rules, reserved places, mutes and bans, block-lists.

ALTER TABLE rooms ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';         -- JSON of protocol.values.Rules
ALTER TABLE rooms ADD COLUMN standing TEXT NOT NULL DEFAULT '{}';      -- JSON of storage.records.Standing

CREATE TABLE sanctions (
  room_id     TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  kind        TEXT NOT NULL CHECK (kind IN ('mute', 'ban', 'waitlist_ban')),
  account_id  TEXT NOT NULL,
  until_ms    INTEGER,                           -- NULL: for good
  by_id       TEXT NOT NULL,
  at_ms       INTEGER NOT NULL,
  reason      TEXT,
  shadow      INTEGER NOT NULL,
  address_key BLOB,                              -- keyed hash of a banned guest's address, never the address
  PRIMARY KEY (room_id, kind, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sanctions_account ON sanctions (account_id);

CREATE TABLE blocked_media (
  room_id   TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  source    TEXT NOT NULL,
  source_id TEXT NOT NULL,
  title     TEXT NOT NULL,
  by_id     TEXT NOT NULL,
  at_ms     INTEGER NOT NULL,
  PRIMARY KEY (room_id, source, source_id)
) STRICT, WITHOUT ROWID;
