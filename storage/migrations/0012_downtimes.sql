-- When no server ran: what people wait for is counted in time that one did.

CREATE TABLE downtimes (
  began_ms INTEGER PRIMARY KEY,                    -- the last sign of life
  ended_ms INTEGER NOT NULL                        -- the start after it
) STRICT;
