"""Promises of retention across modules: no way of reading, no crash and no number of days breaks them."""
