"""Settings of the property tests."""

from __future__ import annotations

from hypothesis import settings

# The same cases in every run, and no clock: a failure is about the code, not about the machine.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")
