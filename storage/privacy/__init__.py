"""Privacy: one registry, and what it drives: recording, sweeping, the notice, erasure, export."""
