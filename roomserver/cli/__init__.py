"""
The command line: ``roomserver COMMAND ...``.

Each theme is a module with a table ``COMMANDS``; :mod:`roomserver.cli.program` joins the
tables, parses, runs and turns what a command raises into an exit code.
"""

from roomserver.cli.program import main

__all__ = ["main"]
