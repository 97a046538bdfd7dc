"""The key-value store."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from client_demo.bot.store import Shelf, Store


def test_dictionary() -> None:
    """A store is a dictionary."""
    store = Store(Shelf(), "greeted", list[int])
    store["a"] = [1]
    store["b"] = [2, 3]
    store["a"] = [4]
    assert dict(store) == {"a": [4], "b": [2, 3]}
    assert (len(store), "a" in store, store.get("x")) == (2, True, None)
    assert store.pop("a") == [4]
    del store["b"]
    assert not store
    with pytest.raises(KeyError):
        store["a"]
    with pytest.raises(KeyError):
        del store["a"]


def test_outlives(tmp_path: Path) -> None:
    """What was stored is there for the next one who opens the file; stores do not mix."""
    shelf = Shelf(tmp_path / "bot.db")
    one, two = Store(shelf, "one", str), Store(shelf, "two", str)
    one["k"], two["k"] = "first", "second"
    shelf.close()
    again = Shelf(tmp_path / "bot.db")
    assert [Store(again, name, str)["k"] for name in ("one", "two")] == ["first", "second"]
    again.close()


def test_one_type() -> None:
    """A value of another type is refused when it is stored, not when it is read."""
    store = Store(Shelf(), "score", int)
    with pytest.raises(msgspec.ValidationError, match="Expected `int`, got `str`"):
        store["a"] = "one"  # type: ignore[assignment]  # the claim
    assert "a" not in store


def test_top() -> None:
    """The greatest numbers come first, by value and not by spelling."""
    store = Store(Shelf(), "score", float)
    store.update({"a": 9.0, "b": 10.0, "c": -1.0, "d": 10.0})
    assert store.top(3) == [("b", 10.0), ("d", 10.0), ("a", 9.0)]


def test_names() -> None:
    """A name is a word."""
    with pytest.raises(
        ValueError, match="expected a name of small letters, digits and underscores, got 'a\"b"
    ):
        Store(Shelf(), 'a"b', int)


def test_forget(tmp_path: Path) -> None:
    """Who is forgotten is in no store and in no byte of the files, also of stores that are not open."""
    shelf = Shelf(tmp_path / "bot.db")
    Store(shelf, "one", str)["CANARY-user"] = "CANARY-text"
    Store(shelf, "two", str)["CANARY-user"] = "CANARY-text"
    Store(shelf, "two", str)["somebody"] = "stays"
    shelf.close()
    later = Shelf(tmp_path / "bot.db")
    later.forget("CANARY-user")
    assert dict(Store(later, "two", str)) == {"somebody": "stays"}
    files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"CANARY" not in files
    later.close()
