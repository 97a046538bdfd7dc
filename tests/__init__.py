"""The test suite; this package keeps ``tests/protocol`` from shadowing ``protocol``."""
