"""The room core: synchronous, deterministic, without I/O, clock or randomness of its own."""
