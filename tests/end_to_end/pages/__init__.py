"""Tests with real Chromium pages: one server and one browser for all of them."""
