"""
Reading a policy from TOML.

The operator's file is laid over the shipped one (``default.toml``) table by table. All problems
are reported at once, each with the path of its key and what was expected.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, get_args

from protocol.limits import DAY_MS
from storage.privacy.durations import parse_duration
from storage.privacy.policy import Choice, Jurisdiction, Policy, Promise, Range, Recording, Rule, Rules
from storage.privacy.precedence import contradictions
from storage.privacy.registry import CATEGORIES, Purpose

ROLES = ("guest", "user", "bot", "admin", "resident", "bouncer", "manager", "cohost", "host")
PROVIDERS = ("direct", "youtube", "soundcloud")
_NEVER_FOR = {"chat": {"marketing", "improvement"}, "whispers": set(get_args(Purpose))}
"""What people say is never used for anything but the room and its safety."""

_TOP = (
    "schema", "promise", "defaults", "category", "room_limits", "room", "role", "jurisdiction", "provider",
)  # fmt: skip
_T = TypeVar("_T")
_Table = Mapping[str, Any]


INACTIVE_MIN_MS, INACTIVE_MAX_MS = 60 * DAY_MS, 3650 * DAY_MS
"""Longer than the warnings before it, and not for ever: what nobody needs is not kept (GDPR 5(1)(e))."""


class PolicyError(Exception):
    """What is wrong with a policy: one line per problem, with the path of its key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


def load_policy(path: Path | None) -> Policy:
    """
    Return the policy of a file laid over the shipped one; None: the shipped one alone.

    Raises:
        PolicyError: with every problem found.

    """
    if path is None:
        return policy_of({})
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyError([f"{path}: cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError([f"{path}: expected TOML: {error}"]) from None
    try:
        return policy_of(document)
    except PolicyError as error:
        raise PolicyError([f"{path}: {problem}" for problem in error.problems]) from None


def policy_of(document: _Table) -> Policy:
    """
    Return the policy of a parsed document laid over the shipped one.

    Raises:
        PolicyError: with every problem found.

    """
    reader = _Reader()
    policy = reader.policy(_laid_over(_shipped(), document))
    problems = reader.problems or contradictions(policy)
    if problems:
        raise PolicyError(problems)
    return policy


@cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads(resources.files("storage.privacy").joinpath("default.toml").read_text("utf-8"))


def _laid_over(below: _Table, above: _Table) -> dict[str, Any]:
    """Return two documents as one; where both have a table, its keys are laid over too."""
    merged = dict(below)
    for key, value in above.items():
        mine = merged.get(key)
        merged[key] = _laid_over(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return merged


class _Reader:
    """Reads a document, collecting problems on the way."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def policy(self, document: _Table) -> Policy:
        self._known(document, "", _TOP)
        if document.get("schema") != 1:
            self._problem("schema", f"expected 1, got {document.get('schema')!r}")
        promise = self._table(document, "promise", ("row_deleted_after_expiry", "bytes_gone_after_expiry"))
        names = ("unknown_jurisdiction", "shorten_cooloff", "max_sweep_fraction", "inactive_account")
        defaults = self._table(document, "defaults", names)
        categories = self._table(document, "category", tuple(CATEGORIES))
        jurisdictions = self._jurisdictions(document)
        unknown = str(defaults.get("unknown_jurisdiction"))
        if unknown not in jurisdictions:
            known = ", ".join(jurisdictions)
            self._problem("defaults.unknown_jurisdiction", f"expected one of {known}, got {unknown!r}")
        return Policy(
            promise=Promise(
                self._time(promise, "promise", "row_deleted_after_expiry") or 0,
                self._time(promise, "promise", "bytes_gone_after_expiry") or 0,
            ),
            unknown_jurisdiction=unknown,
            cooloff_ms=self._time(defaults, "defaults", "shorten_cooloff") or 0,
            sweep_fraction=self._fraction(defaults),
            raw_address_ms=self._time(categories.get("connections", {}), "category.connections", "raw") or 0,
            categories=self._rules(categories, "category", extra=("purposes", "raw")),
            purposes=self._purposes(categories),
            room_limits=self._room_limits(document),
            rooms=self._levels(document, "room", None),
            roles=self._levels(document, "role", ROLES),
            jurisdictions=jurisdictions,
            providers=self._levels(document, "provider", PROVIDERS),
            inactive_ms=self._inactive(defaults),
        )

    # Tables

    def _levels(self, document: _Table, key: str, names: tuple[str, ...] | None) -> dict[str, Rules]:
        table = self._table(document, key, names)
        return {name: self._rules(rules, f"{key}.{name}") for name, rules in self._tables(table, key)}

    def _rules(self, table: _Table, path: str, extra: tuple[str, ...] = ()) -> dict[str, Rule]:
        self._known(table, path, tuple(CATEGORIES))
        return {
            category: self._rule(category, rule, f"{path}.{category}", extra)
            for category, rule in self._tables(table, path)
            if category in CATEGORIES
        }

    def _rule(self, category: str, table: _Table, path: str, extra: tuple[str, ...]) -> Rule:
        # Only the operator and the law can ask to keep something at least so long.
        floor = ("floor",) if path.startswith(("category.", "jurisdiction.")) else ()
        self._known(table, path, ("ttl", "ceiling", "record", *floor, *extra))
        times = {key: self._time(table, path, key) for key in ("ttl", "floor", "ceiling")}
        if CATEGORIES[category].ttl_ms is None and any(time is not None for time in times.values()):
            self._problem(path, f"expected a category that expires, got {category!r}")
        given = {key: ms for key, ms in times.items() if ms is not None}
        longest = CATEGORIES[category].ceiling_ms
        for key, ms in given.items():
            if longest is not None and ms > longest:
                self._problem(f"{path}.{key}", f"expected at most {longest} ms, got {ms} ms")
        return Rule(times["ttl"], times["floor"], times["ceiling"], self._recording(table, path))

    def _recording(self, table: _Table, path: str) -> Recording | None:
        word = table.get("record")
        if word is None:
            return None
        words = {"allow": Recording.ALLOW, "pseudonymise": Recording.PSEUDONYMISE, "drop": Recording.DROP}
        if word not in words:
            self._problem(f"{path}.record", f"expected one of {', '.join(words)}, got {word!r}")
        return words.get(word)

    def _purposes(self, table: _Table) -> dict[str, tuple[Purpose, ...]]:
        found = {name: category.purposes for name, category in CATEGORIES.items()}
        for category, rule in self._tables(table, "category"):
            given = rule.get("purposes")
            if given is None or category not in CATEGORIES:
                continue
            path = f"category.{category}.purposes"
            if not isinstance(given, list) or not set(given) <= set(get_args(Purpose)):
                self._problem(path, f"expected some of {', '.join(get_args(Purpose))}, got {given!r}")
                continue
            for purpose in _NEVER_FOR.get(category, set()) & set(given):
                self._problem(path, f"expected {category} never to serve {purpose}, got {given!r}")
            found[category] = tuple(given)
        return found

    def _room_limits(self, document: _Table) -> dict[str, Range]:
        # Only chat: it is the one time that a host can choose.
        table = self._table(document, "room_limits", ("chat",))
        limits = {}
        for category, given in self._tables(table, "room_limits"):
            path = f"room_limits.{category}"
            self._known(given, path, ("min", "max"))
            low, high = self._time(given, path, "min"), self._time(given, path, "max")
            if low is not None and high is not None:
                limits[category] = Range(low, high)
                if low > high:
                    self._problem(path, f"expected min to be at most max, got {low} ms and {high} ms")
        return limits

    def _jurisdictions(self, document: _Table) -> dict[str, Jurisdiction]:
        table = dict(self._tables(self._table(document, "jurisdiction", None), "jurisdiction"))
        return {name: self._jurisdiction(name, table) for name in table}

    def _jurisdiction(self, name: str, table: Mapping[str, _Table]) -> Jurisdiction:
        path = f"jurisdiction.{name}"
        whole = self._inherited(name, table)
        own = ("inherits", "require_ack", "improvement", "marketing", "min_age")
        rules = {key: value for key, value in whole.items() if key not in own}
        return Jurisdiction(
            name=name,
            require_ack=self._one(whole, path, "require_ack", lambda word: isinstance(word, bool), False),
            improvement=self._one(whole, path, "improvement", _is_choice, "opt_in"),
            marketing=self._one(whole, path, "marketing", _is_choice, "opt_in"),
            min_age=self._one(whole, path, "min_age", _is_age, 13),
            rules=self._rules(rules, path),
        )

    def _inherited(self, name: str, table: Mapping[str, _Table]) -> dict[str, Any]:
        chain = [name]
        while (parent := table[chain[-1]].get("inherits")) is not None:
            if parent not in table or parent in chain:
                self._problem(
                    f"jurisdiction.{chain[-1]}.inherits", f"expected another jurisdiction, got {parent!r}"
                )
                break
            chain.append(parent)
        whole: dict[str, Any] = {}
        for each in reversed(chain):
            whole = _laid_over(whole, table[each])
        return whole

    # Values

    def _one(self, table: _Table, path: str, key: str, is_good: Callable[[Any], bool], default: _T) -> _T:
        value = table.get(key, default)
        if is_good(value):
            good: _T = value
            return good
        self._problem(f"{path}.{key}", f"expected something like {default!r}, got {value!r}")
        return default

    def _time(self, table: _Table, path: str, key: str) -> int | None:
        if key not in table:
            return None
        try:
            return parse_duration(table[key])
        except ValueError as error:
            self._problem(f"{path}.{key}", str(error))
            return None

    def _fraction(self, defaults: _Table) -> float:
        value = defaults.get("max_sweep_fraction")
        if not isinstance(value, float) or not 0 < value <= 1:
            self._problem("defaults.max_sweep_fraction", f"expected 0.0 to 1.0, above 0, got {value!r}")
            return 1.0
        return value

    def _inactive(self, defaults: _Table) -> int:
        time = self._time(defaults, "defaults", "inactive_account")
        if time is None or not INACTIVE_MIN_MS <= time <= INACTIVE_MAX_MS:
            low, high = INACTIVE_MIN_MS // DAY_MS, INACTIVE_MAX_MS // DAY_MS
            got = repr(defaults.get("inactive_account"))
            self._problem("defaults.inactive_account", f'expected "{low}d" to "{high}d", got {got}')
            return INACTIVE_MAX_MS
        return time

    def _table(self, document: _Table, key: str, names: tuple[str, ...] | None) -> _Table:
        table = document.get(key, {})
        if not isinstance(table, dict):
            self._problem(key, f"expected a table, got {table!r}")
            return {}
        if names is not None:
            self._known(table, key, names)
        return table

    def _tables(self, table: _Table, path: str) -> Iterator[tuple[str, _Table]]:
        for key, value in table.items():
            if isinstance(value, dict):
                yield key, value
            else:
                self._problem(f"{path}.{key}", f"expected a table, got {value!r}")

    def _known(self, table: _Table, path: str, names: tuple[str, ...]) -> None:
        for key in table:
            if key not in names:
                where = f"{path}.{key}" if path else key
                self._problem(where, f"expected one of {', '.join(names)}, got {key!r}")

    def _problem(self, path: str, problem: str) -> None:
        line = f"{path}: {problem}"
        if line not in self.problems:
            self.problems.append(line)


def _is_choice(word: object) -> bool:
    return word in get_args(Choice)


def _is_age(years: object) -> bool:
    return isinstance(years, int) and not isinstance(years, bool) and 0 < years <= 21
