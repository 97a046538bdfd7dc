"""What holds for the whole suite."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Counts are asserted here, never times: the machine may be busy with anything.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
