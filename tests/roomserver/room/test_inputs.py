"""What the shell feeds a room."""

from __future__ import annotations

from tests.support.people import deck


def titles(first: tuple[object, ...]) -> list[str]:
    """Return item titles."""
    return [item.media.title for item in first]  # type: ignore[attr-defined] # decks hold items


def test_whole_playlist_cycles() -> None:
    """When the deck is the whole playlist, its top goes to its end."""
    assert titles(deck("a", "b", "c").cycled().items) == ["b", "c", "a"]


def test_one_item_cycles() -> None:
    """A playlist of one item plays it again and again."""
    assert deck("a") == deck("a").cycled()


def test_part_of_a_playlist() -> None:
    """When the playlist is longer than the deck, the top leaves it: what follows is in storage."""
    cycled = deck("a", "b", size=9).cycled()

    assert (titles(cycled.items), cycled.size) == (["b"], 9)
    assert titles(cycled.cycled().items) == []


def test_empty_playlist() -> None:
    """An empty playlist stays empty."""
    assert deck() == deck().cycled()
