"""Tests of the rights of people."""
