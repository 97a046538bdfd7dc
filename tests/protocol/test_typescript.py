"""The TypeScript twin of the protocol is complete and up to date."""

from __future__ import annotations

from pathlib import Path

from protocol import typescript
from protocol.events import EVENTS
from protocol.methods import METHODS

GENERATED = Path(__file__).parents[2] / "client_demo" / "js" / "src" / "protocol.ts"


def test_the_clients_types_equal_the_structs() -> None:
    """The generated types are up to date."""
    written = GENERATED.read_text(encoding="utf-8")

    assert written == typescript.render(), f"run: python -m protocol.typescript > {GENERATED.name}"


def test_every_method_and_event_is_in_the_maps() -> None:
    """The maps of the JavaScript client know the whole wire."""
    text = typescript.render()

    for name in (*METHODS, *EVENTS):
        assert f'  "{name}": ' in text


def test_what_the_wire_may_leave_out_is_optional() -> None:
    """A field with a default is optional in TypeScript."""
    text = typescript.render()

    assert "waitlist_position?: number;" in text  # a default of None: absent, never nil
    assert "  dj: User | null;" in text  # no default: always present, may be nil
    assert "  ping_interval_ms: number;" in text  # a default that the wire still carries


def test_every_named_type_is_defined() -> None:
    """No generated type names another that is not there."""
    text = typescript.render()

    for name in ("SessionGuestParams", "JoinResult", "Snapshot", "ChatMessage", "Limits", "StaffRoleName"):
        assert f"export interface {name} " in text or f"export type {name} " in text
