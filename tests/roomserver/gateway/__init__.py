"""Tests of sockets, frames and plain HTTP."""
