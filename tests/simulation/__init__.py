"""
Deterministic simulation: the whole server over a simulated network, disk and clock.

Everything but the sockets, SQLite's threads and the clocks is the code that is deployed. A
seed decides every delay, loss, crash, full disk and word that is said; the same seed is the
same run, to the byte.
"""
