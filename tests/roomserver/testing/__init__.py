"""Tests of the harness for bot authors."""
