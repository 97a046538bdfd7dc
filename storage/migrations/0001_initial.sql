-- Instants and durations are integer milliseconds. Ids are opaque text of at most 32 characters.
-- Log rows hold ids of people, never names, so that a rename or an erasure needs no rewriting.

CREATE TABLE accounts (
  id              TEXT PRIMARY KEY,
  kind            TEXT NOT NULL CHECK (kind IN ('guest', 'user', 'bot', 'admin')),
  name            TEXT NOT NULL,
  name_key        TEXT NOT NULL UNIQUE,          -- NFKC casefold of the name
  password_hash   TEXT,                          -- argon2id; NULL for guests
  email           TEXT,
  country         TEXT,
  avatar_url      TEXT,
  bio             TEXT,
  policy_rev      INTEGER,                       -- the accepted policy revision
  active_playlist TEXT,
  created_at_ms   INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  token_hash    BLOB PRIMARY KEY,                -- SHA-256 of the token; the token itself is never stored
  account_id    TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at_ms);

CREATE TABLE rooms (
  id                TEXT PRIMARY KEY,
  slug              TEXT NOT NULL UNIQUE,
  name              TEXT NOT NULL,
  description       TEXT NOT NULL,
  welcome           TEXT NOT NULL,
  private           INTEGER NOT NULL,
  password_hash     TEXT,
  capacity          INTEGER NOT NULL,
  waitlist_cap      INTEGER NOT NULL,
  slow_mode_ms      INTEGER NOT NULL,
  guests_chat       INTEGER NOT NULL,
  locked            INTEGER NOT NULL,
  cycle             INTEGER NOT NULL,
  fallback_playlist TEXT,
  created_by        TEXT,
  created_at_ms     INTEGER NOT NULL,
  epoch             TEXT NOT NULL,               -- the incarnation of the seq numbering
  seq               INTEGER NOT NULL,            -- the last seq given out
  waitlist          TEXT NOT NULL DEFAULT '[]',  -- JSON: [{"user_id", "playlist_id"?, "media"?}]
  leave_after_play  INTEGER NOT NULL DEFAULT 0,
  fallback_next     INTEGER NOT NULL DEFAULT 0   -- index of the next fallback item
) STRICT;

CREATE TABLE staff (
  room_id    TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  role       TEXT NOT NULL CHECK (role IN ('resident', 'bouncer', 'manager', 'cohost', 'host')),
  PRIMARY KEY (room_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_account ON staff (account_id);

CREATE TABLE playlists (
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  name          TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX playlists_account ON playlists (account_id);

CREATE TABLE playlist_items (
  id          TEXT PRIMARY KEY,
  playlist_id TEXT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
  position    INTEGER NOT NULL,                  -- ascending, with gaps, may be negative
  source      TEXT NOT NULL,
  source_id   TEXT NOT NULL,
  media       TEXT NOT NULL                      -- JSON of protocol.values.Media
) STRICT;
CREATE INDEX playlist_items_order ON playlist_items (playlist_id, position);
CREATE UNIQUE INDEX playlist_items_media ON playlist_items (playlist_id, source, source_id);

CREATE TABLE plays (
  id            TEXT PRIMARY KEY,
  room_id       TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  dj_id         TEXT,                            -- NULL for the fallback playlist
  media         TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  duration_ms   INTEGER NOT NULL,
  position_ms   INTEGER NOT NULL,
  ended_at_ms   INTEGER,                         -- NULL while it plays
  end_reason    TEXT,
  ended_by      TEXT,
  reason        TEXT,
  woots         INTEGER NOT NULL DEFAULT 0,
  mehs          INTEGER NOT NULL DEFAULT 0,
  grabs         INTEGER NOT NULL DEFAULT 0,
  listeners     INTEGER NOT NULL DEFAULT 0,
  expires_at_ms INTEGER NOT NULL,
  policy_rev    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX plays_current ON plays (room_id) WHERE ended_at_ms IS NULL;
CREATE INDEX plays_room ON plays (room_id, started_at_ms);
CREATE INDEX plays_dj ON plays (dj_id, started_at_ms);
CREATE INDEX plays_expiry ON plays (expires_at_ms);

CREATE TABLE votes (
  play_id       TEXT NOT NULL,
  account_id    TEXT NOT NULL,
  value         INTEGER NOT NULL CHECK (value IN (-1, 0, 1)),
  grabbed       INTEGER NOT NULL,
  at_ms         INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  policy_rev    INTEGER NOT NULL,
  PRIMARY KEY (play_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX votes_account ON votes (account_id);
CREATE INDEX votes_expiry ON votes (expires_at_ms);

-- The log. Each row carries the promise made when it was written: category, policy revision, expiry.
CREATE TABLE events (
  id            INTEGER PRIMARY KEY,
  category      TEXT NOT NULL,
  kind          TEXT NOT NULL,
  room_id       TEXT,
  epoch         TEXT,
  seq           INTEGER,                         -- NULL for what is not part of a room's stream
  actor_id      TEXT,
  at_ms         INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  policy_rev    INTEGER NOT NULL,
  nonce         TEXT,
  payload       TEXT NOT NULL                    -- JSON; people appear as {"$user": id}
) STRICT;
CREATE UNIQUE INDEX events_stream ON events (room_id, epoch, seq) WHERE seq IS NOT NULL;
CREATE INDEX events_room ON events (room_id, category, seq);
CREATE INDEX events_actor ON events (actor_id, category);
CREATE INDEX events_expiry ON events (expires_at_ms);
CREATE INDEX events_message ON events (room_id, payload ->> '$.id') WHERE kind = 'chat.message';

CREATE VIEW chat_events AS
  SELECT id, room_id, seq, at_ms, actor_id, kind, payload ->> '$.text' AS text, payload, expires_at_ms, policy_rev
  FROM events WHERE category = 'chat';

CREATE VIEW video_events AS
  SELECT id, room_id, seq, at_ms, actor_id, kind, payload ->> '$.play.media.title' AS title,
         payload ->> '$.play.id' AS play_id, payload, expires_at_ms, policy_rev
  FROM events WHERE category = 'video';
