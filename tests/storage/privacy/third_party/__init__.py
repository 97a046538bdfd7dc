"""A package of somebody else, as a test installs it."""
