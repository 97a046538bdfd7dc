-- A room whose host was erased without an heir: closed to everybody, kept until this instant for
-- somebody to take it over, then deleted. NULL: the room is open.

ALTER TABLE rooms ADD COLUMN archived_until_ms INTEGER;
CREATE INDEX rooms_archived ON rooms (archived_until_ms) WHERE archived_until_ms IS NOT NULL;
