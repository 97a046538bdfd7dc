"""The load tester: plans what a crowd does, does it on time, and counts what everyone got."""
