"""Benchmarks: what takes how long. Times are printed here and never asserted in the suite."""
