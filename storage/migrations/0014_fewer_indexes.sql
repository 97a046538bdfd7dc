-- One index for a room's stream and its chat where there were two: each is a page more that every message
-- dirties. The epoch comes last: it only keeps an event from being logged twice.
DROP INDEX events_stream;
DROP INDEX events_room;
CREATE UNIQUE INDEX events_room ON events (room_id, category, seq, epoch);
