-- An address that somebody typed is words of theirs: its plays are counted without it.
INSERT INTO media_days (room_id, day_ms, source, source_id, plays, woots, mehs, grabs)
SELECT room_id, day_ms, source, '/media/removed', sum(plays), sum(woots), sum(mehs), sum(grabs)
FROM media_days WHERE source = 'direct' AND substr(source_id, 1, 1) <> '/' GROUP BY room_id, day_ms, source
ON CONFLICT (room_id, day_ms, source, source_id) DO UPDATE SET plays = plays + excluded.plays,
  woots = woots + excluded.woots, mehs = mehs + excluded.mehs, grabs = grabs + excluded.grabs;
DELETE FROM media_days WHERE source = 'direct' AND substr(source_id, 1, 1) <> '/';
