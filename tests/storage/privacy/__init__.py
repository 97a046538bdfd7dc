"""Tests of what the registry of privacy drives."""
