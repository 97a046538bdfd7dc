-- What was taken from a play is not what its owner typed. From whom is not kept: votes say it, for their time.
ALTER TABLE playlist_items ADD COLUMN grabbed INTEGER NOT NULL DEFAULT 0;
