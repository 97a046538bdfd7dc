"""Hooks that ship with the server; an operator turns them on by name (``privacy.hooks``)."""
