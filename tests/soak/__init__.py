"""Soak: a crowd that comes, goes, talks and plays for a long time, and nothing may grow."""
