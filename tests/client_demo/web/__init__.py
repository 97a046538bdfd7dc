"""Tests of the web client: its build, its types and its promises."""
