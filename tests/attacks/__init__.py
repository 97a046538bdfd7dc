"""Attacks on the server: each has an expected answer, and leaves those who behave alone."""
