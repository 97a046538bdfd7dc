-- Who moves takes the law of the new country along; records of a clock that ran ahead.

-- Whichever way a country changes, what its person left follows, in the same transaction.
CREATE TRIGGER accounts_move AFTER UPDATE OF country ON accounts WHEN OLD.country IS NOT NEW.country BEGIN
  DELETE FROM restamps WHERE room_id IS NULL AND account_id IS NEW.id;
  INSERT INTO restamps (account_id, due_at_ms, asked_ms) VALUES (NEW.id, 0, 0);
END;

ALTER TABLE trusted_time ADD COLUMN ran_ahead INTEGER NOT NULL DEFAULT 0;  -- rows may be stamped with times to come
