-- Favourite rooms.

CREATE TABLE favorites (
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  room_id    TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  at_ms      INTEGER NOT NULL,
  PRIMARY KEY (account_id, room_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX favorites_room ON favorites (room_id);  -- for the cascade
