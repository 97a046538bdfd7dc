"""Real faults against the real process: killed, stopped, starved, slowed, its files broken."""
