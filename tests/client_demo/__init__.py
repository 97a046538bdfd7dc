"""Tests of what users touch."""
