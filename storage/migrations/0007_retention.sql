-- The policy in force, promises of titles, counts without people, where people connected from.

-- Each policy this server has recorded by. A row's policy_rev names one of them.
CREATE TABLE policy_revisions (
  rev         INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  at_ms       INTEGER NOT NULL,
  document    TEXT NOT NULL                      -- JSON of storage.privacy.policy.Policy
) STRICT;

-- When titles and pictures go, which is sooner than the row they are in; NULL: it has none (left).
ALTER TABLE plays ADD COLUMN media_expires_at_ms INTEGER;
UPDATE plays SET media_expires_at_ms = started_at_ms + 2419200000;
CREATE INDEX plays_media_expiry ON plays (media_expires_at_ms) WHERE media_expires_at_ms IS NOT NULL;
ALTER TABLE events ADD COLUMN media_expires_at_ms INTEGER;
UPDATE events SET media_expires_at_ms = at_ms + 2419200000 WHERE kind IN ('play.started', 'play.moved');
CREATE INDEX events_media_expiry ON events (media_expires_at_ms) WHERE media_expires_at_ms IS NOT NULL;

-- Sweeping, counting and alarms go by category.
DROP INDEX events_expiry;
CREATE INDEX events_expiry ON events (category, expires_at_ms);

-- What a room's host chose; -1: no choice, 0: chat is not recorded.
ALTER TABLE rooms ADD COLUMN chat_ttl_ms INTEGER NOT NULL DEFAULT -1;

-- Counts that stay when their rows go; nobody is in them.
CREATE TABLE tallies (
  room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  kind    TEXT NOT NULL,                         -- what was counted
  at_ms   INTEGER NOT NULL,                      -- the hour or day it begins
  n       INTEGER NOT NULL,
  PRIMARY KEY (room_id, kind, at_ms)
) STRICT, WITHOUT ROWID;
CREATE TABLE media_days (
  room_id   TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  day_ms    INTEGER NOT NULL,
  source    TEXT NOT NULL,
  source_id TEXT NOT NULL,
  plays     INTEGER NOT NULL,
  woots     INTEGER NOT NULL,
  mehs      INTEGER NOT NULL,
  grabs     INTEGER NOT NULL,
  PRIMARY KEY (room_id, day_ms, source, source_id)
) STRICT, WITHOUT ROWID;

-- A shorter policy reaches older rows after a while; it can be taken back until then.
CREATE TABLE restamps (
  id         INTEGER PRIMARY KEY,
  room_id    TEXT,                               -- NULL: of all rooms
  account_id TEXT,                               -- NULL: of all people
  due_at_ms  INTEGER NOT NULL,
  asked_ms   INTEGER NOT NULL,
  cursors    TEXT NOT NULL DEFAULT '{}'          -- JSON: table to the last rowid that is done
) STRICT;

-- What must survive a restart: the time that was trusted last, and categories that must not be swept.
CREATE TABLE trusted_time (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  trusted_ms INTEGER NOT NULL,
  doubt_ms   INTEGER NOT NULL                    -- how long the wall clock has been ahead of it
) STRICT;
CREATE TABLE sweep_pauses (
  category   TEXT PRIMARY KEY,
  at_ms      INTEGER NOT NULL,
  expired    INTEGER NOT NULL,                   -- rows that would have gone
  total      INTEGER NOT NULL,
  allowed_ms INTEGER                             -- when the operator let it go on; NULL: paused
) STRICT, WITHOUT ROWID;

CREATE TABLE connections (
  id            INTEGER PRIMARY KEY,
  account_id    TEXT NOT NULL,
  at_ms         INTEGER NOT NULL,
  address       TEXT,                            -- as it is, until raw_until_ms
  network       TEXT,                            -- its /24 or /48
  address_key   BLOB,                            -- keyed hash; the key of each week is destroyed after five
  browser       TEXT NOT NULL,                   -- family and major version
  os            TEXT NOT NULL,                   -- family
  raw_until_ms  INTEGER,
  expires_at_ms INTEGER NOT NULL,
  policy_rev    INTEGER NOT NULL
) STRICT;
CREATE INDEX connections_account ON connections (account_id);
CREATE INDEX connections_expiry ON connections (expires_at_ms);
CREATE INDEX connections_raw ON connections (raw_until_ms) WHERE raw_until_ms IS NOT NULL;

-- Which notices were acknowledged; a notice is known by the hash of what it says.
CREATE TABLE acknowledgements (
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  hash       TEXT NOT NULL,
  at_ms      INTEGER NOT NULL,
  PRIMARY KEY (account_id, hash)
) STRICT, WITHOUT ROWID;
