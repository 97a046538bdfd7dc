"""Tests of the hooks that ship with the server."""
