-- The order in which roles were given: it is part of a room's snapshot, and decides who inherits a room.
ALTER TABLE staff ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
