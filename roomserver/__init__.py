"""The room server: room core, beat, gateway, accounts, command line."""

from importlib.metadata import version

VERSION = version("roomserver")
"""The version in ``hello`` and of ``roomserver version``."""
