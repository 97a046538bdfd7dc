"""The arguments of a command: what its signature asks for, and how a text becomes that."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from client_demo.bot.context import Context
from client_demo.bot.duration import Duration
from client_demo.sdk import Client, Room
from protocol.roles import Role
from protocol.values import User

_WORD = re.compile(r'"([^"]*)"|(\S+)')
_SWITCH = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}


class UsageError(Exception):
    """A command was called in a way that its signature does not take; the text says what it expected."""


class Given(NamedTuple):
    """What the bot itself hands to a handler, by type."""

    name: str
    kind: type


class Argument(NamedTuple):
    """One argument that comes from the text."""

    name: str
    convert: Callable[[str, Room], Any]
    default: Any
    takes_rest: bool

    @property
    def is_required(self) -> bool:
        """Whether the command cannot be called without it."""
        return self.default is inspect.Parameter.empty

    @property
    def usage(self) -> str:
        """How help writes it."""
        name = f"{self.name}…" if self.takes_rest else self.name
        return f"<{name}>" if self.is_required else f"[{name}]"


def _word(text: str, _room: Room) -> str:
    return text


def _number(kind: type[int | float]) -> Callable[[str, Room], Any]:
    def convert(text: str, _room: Room) -> Any:
        try:
            return kind(text)
        except ValueError:
            what = "a whole number" if kind is int else "a number"
            raise UsageError(f"expected {what}, got {text!r}") from None

    return convert


def _switch(text: str, _room: Room) -> bool:
    try:
        return _SWITCH[text.casefold()]
    except KeyError:
        raise UsageError(f"expected on or off, got {text!r}") from None


def _duration(text: str, _room: Room) -> Duration:
    try:
        return Duration.of(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _user(text: str, room: Room) -> User:
    user = room.user(text)
    if user is None:
        raise UsageError(f"expected somebody of this room, got {text!r}")
    return user


def _choice(words: tuple[Any, ...]) -> Callable[[str, Room], Any]:
    def convert(text: str, _room: Room) -> Any:
        for word in words:
            if str(word).casefold() == text.casefold():
                return word
        raise UsageError(f"expected {' or '.join(str(word) for word in words)}, got {text!r}")

    return convert


def _role(text: str, _room: Room) -> Role:
    found = _choice(tuple(role.name.lower() for role in Role))(text, _room)
    return Role[found.upper()]


_CONVERTERS: dict[type, Callable[[str, Room], Any]] = {
    str: _word,
    int: _number(int),
    float: _number(float),
    bool: _switch,
    Duration: _duration,
    User: _user,
    Role: _role,
}
"""Which types an argument may have, beside literals and any of them or None."""


def _converter(annotation: Any, where: str) -> Callable[[str, Room], Any]:
    if typing.get_origin(annotation) is Literal:
        return _choice(typing.get_args(annotation))
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        kinds = [each for each in typing.get_args(annotation) if each is not type(None)]
        if len(kinds) == 1:
            return _converter(kinds[0], where)
    convert = _CONVERTERS.get(annotation)
    if convert is None:
        names = ", ".join(kind.__name__ for kind in (*_CONVERTERS, Context, Room, Client))
        raise TypeError(f"expected {where} to be of one of the types {names}, got {annotation!r}")
    return convert


class Signature(NamedTuple):
    """What a handler takes: from the bot, and from the text."""

    given: tuple[Given, ...]
    arguments: tuple[Argument, ...] = ()

    def hand(self, known: dict[type, Any]) -> dict[str, Any]:
        """Return what the bot hands to the handler: for each, the value of its type."""
        return {each.name: known[each.kind] for each in self.given}

    @property
    def usage(self) -> str:
        """How help writes the arguments."""
        return " ".join(argument.usage for argument in self.arguments)

    def read(self, text: str, room: Room) -> dict[str, Any]:
        """
        Return the arguments of a call.

        Raises:
            UsageError: too few, too many, or one that is not what it should be.

        """
        values: dict[str, Any] = {}
        at = 0
        for argument in self.arguments:
            word = _WORD.search(text, at)
            if word is None:
                if argument.is_required:
                    raise UsageError(f"expected {argument.name}, got nothing")
                values[argument.name] = argument.default
            elif argument.takes_rest:
                values[argument.name] = argument.convert(text[word.start() :].strip(), room)
                at = len(text)
            else:
                values[argument.name] = argument.convert(word[1] if word[1] is not None else word[2], room)
                at = word.end()
        if text[at:].strip():
            raise UsageError(f"expected no more than that, got {text[at:].strip()!r}")
        return values


def _takes(hint: Any, kind: type) -> bool:
    """Say whether a parameter of this type takes what the bot hands out."""
    if typing.get_origin(hint) in {typing.Union, types.UnionType}:
        return any(_takes(each, kind) for each in typing.get_args(hint))
    return isinstance(hint, type) and hint is not object and issubclass(kind, hint)


def signature_of(function: Callable[..., Any], given: tuple[type, ...], *, from_text: bool) -> Signature:
    """
    Read a handler's signature. ``given`` are the types that the bot hands out.

    A keyword-only argument takes the rest of the line.

    Raises:
        TypeError: it is no coroutine function, or takes something that nobody can give it.

    """
    name = getattr(function, "__name__", repr(function))
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"expected {name} to be declared with async def")
    hints = typing.get_type_hints(function)
    handed: list[Given] = []
    arguments: list[Argument] = []
    for parameter in inspect.signature(function).parameters.values():
        where = f"{name}({parameter.name})"
        if parameter.name not in hints:
            raise TypeError(f"expected {where} to have a type: it says what the bot hands to it")
        hint = hints[parameter.name]
        kind = next((each for each in given if _takes(hint, each)), None)
        if kind is not None:
            handed.append(Given(parameter.name, kind))
        elif from_text:
            rest = parameter.kind is inspect.Parameter.KEYWORD_ONLY
            arguments.append(Argument(parameter.name, _converter(hint, where), parameter.default, rest))
        else:
            names = ", ".join(each.__name__ for each in given)
            raise TypeError(f"expected {where} to be one of {names}, got {hint!r}")
    if any(argument.takes_rest for argument in arguments[:-1]):
        raise TypeError(f"expected only the last argument of {name} to take the rest of the line")
    return Signature(tuple(handed), tuple(arguments))
