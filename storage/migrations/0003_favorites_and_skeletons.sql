-- Favourite rooms, and what names look like.

CREATE TABLE favorites (
  account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  room_id    TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  at_ms      INTEGER NOT NULL,
  PRIMARY KEY (account_id, room_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX favorites_room ON favorites (room_id);  -- for the cascade

-- Unique among all. Who came first among names that look alike holds it; the others, from before
-- this rule, keep their names and hold nothing (NULL).
ALTER TABLE accounts ADD COLUMN name_skeleton TEXT;
UPDATE accounts SET name_skeleton = skeleton(name) WHERE id IN
  (SELECT id FROM
     (SELECT id, row_number() OVER (PARTITION BY skeleton(name) ORDER BY created_at_ms, id) AS place
      FROM accounts)
   WHERE place = 1);
CREATE UNIQUE INDEX accounts_skeleton ON accounts (name_skeleton);
