"""Durable state in SQLite: one writer, numbered migrations, queries per aggregate, the event log."""
