"""Tests of the wire as data."""
