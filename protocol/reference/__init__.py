"""
The reference for bot developers, rendered from the structs and tables of the protocol.

``python -m protocol.reference`` prints it; a test keeps ``docs/protocol.md`` equal to it.
"""

from __future__ import annotations

from protocol.reference import prose, sections
from protocol.reference.shapes import value_types

__all__ = ["render", "value_types"]


def render() -> str:
    """Return the whole reference as Markdown."""
    parts: list[str] = [prose.INTRODUCTION]
    for section in (
        sections.methods_section,
        sections.events_section,
        sections.values_section,
        sections.roles_section,
        sections.scopes_section,
        sections.codes_section,
        sections.limits_section,
    ):
        parts += section()
    return "\n".join(parts).rstrip("\n") + "\n"
