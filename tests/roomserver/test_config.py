"""Configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import fields

from protocol.limits import RATES, Rate
from roomserver.config import Config, ConfigError, data_folder, load, rates_of


def problems_of(
    path: Path | None, environ: dict[str, str], flags: dict[tuple[str, str], object]
) -> list[str]:
    """Return what is wrong with a configuration."""
    with pytest.raises(ConfigError) as failure:
        load(path, environ, flags)
    assert str(failure.value) == "\n".join(failure.value.problems)
    return failure.value.problems


def written(folder: Path, text: str) -> Path:
    """Return a file with this text."""
    path = folder / "room.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults() -> None:
    """Without anything the server runs with its defaults."""
    assert load(None, {}, {}) == Config()


def test_precedence(tmp_path: Path) -> None:
    """A flag wins over the environment, the environment over the file, the file over the default."""
    path = written(
        tmp_path, '[listen]\nport = 1\nhost = "a"\n[rooms]\ngrace_ms = 5\n[log]\nlevel = "error"\n'
    )
    environ = {"ROOMSERVER_LISTEN__PORT": "2", "ROOMSERVER_ROOMS__GRACE_MS": "6", "HOME": "/"}
    config = load(path, environ, {("listen", "port"): 3})
    assert config.listen.port == 3
    assert config.rooms.grace_ms == 6
    assert config.listen.host == "a"
    assert config.log.level == "error"
    assert config.rooms.lead_in_ms == Config().rooms.lead_in_ms


def test_origins() -> None:
    """A list in the environment is separated by commas."""
    config = load(None, {"ROOMSERVER_LISTEN__ORIGINS": "https://a.example,https://b.example"}, {})
    assert config.listen.origins == ["https://a.example", "https://b.example"]


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Every mistake is named with its file and line, those of the environment with their variable."""
    path = written(
        tmp_path,
        '# mine\n[listen]\nport = "80"\nprot = 1\n\n'
        '[rooms]\ngrace_ms = -1\n[rom]\nx = 1\n[log]\nlevel = "loud"\n',
    )
    groups = ", ".join(f"[{field.name}]" for field in fields(Config))
    problems = problems_of(path, {"ROOMSERVER_LISTEN__PROT": "1", "ROOMSERVER_ROOMS__GRACE_MS": "soon"}, {})
    groups = ", ".join(f"[{group}]" for group in Config.__struct_fields__)
    assert problems == [
        f"{path}:3: listen.port: Expected `int`, got `str`",
        f"{path}:4: expected one of host, port, origins, got 'prot'",
        f"{path}:7: rooms.grace_ms: Expected `int` >= 0",
        f"{path}:8: expected one of {groups}, got 'rom'",
        f"{path}:11: log.level: Expected `str` matching regex '^(debug|info|warning|error)$'",
        "ROOMSERVER_LISTEN__PROT: expected the name of a setting, such as ROOMSERVER_LISTEN__PORT",
        "ROOMSERVER_ROOMS__GRACE_MS: Expected `int`, got `str`",
    ]


def test_dotted_keys(tmp_path: Path) -> None:
    """TOML's other spelling of a group is located too."""
    path = written(tmp_path, "\nlisten.port = 99999\n")
    assert problems_of(path, {}, {}) == [f"{path}:2: listen.port: Expected `int` <= 65535"]


def test_key_outside_a_group(tmp_path: Path) -> None:
    """A setting at the top of the file belongs to no group, and is named with its line."""
    path = written(tmp_path, "# no group\nport = 80\n")
    (problem,) = problems_of(path, {}, {})
    assert problem.startswith(f"{path}:2: expected one of [listen]")


@pytest.mark.parametrize(
    ("text", "words"),
    [("[listen\n", "expected TOML"), (None, "cannot be read"), ("x = \x00", "expected TOML")],
)
def test_no_such_file(tmp_path: Path, text: str | None, words: str) -> None:
    """A file that cannot be read, or is no TOML, is a problem with its path."""
    path = tmp_path / "missing.toml" if text is None else written(tmp_path, text)
    (problem,) = problems_of(path, {}, {})
    assert problem.startswith(f"{path}: {words}")


def test_bad_bytes(tmp_path: Path) -> None:
    """A file in another encoding is refused in words."""
    path = tmp_path / "latin.toml"
    path.write_bytes(b'[listen]\nhost = "\xe4"\n')
    (problem,) = problems_of(path, {}, {})
    assert problem.startswith(f"{path}: expected TOML")


def test_bad_flag() -> None:
    """A flag out of range is refused, naming the setting."""
    (problem,) = problems_of(None, {}, {("listen", "port"): 70_000})
    assert "listen.port" in problem


def test_memory_that_argon2_cannot_use() -> None:
    """A cost below eight KiB a lane would fail at every login, so it is refused at the start."""
    (problem,) = problems_of(None, {"ROOMSERVER_AUTH__ARGON2_MEMORY_KIB": "31"}, {})
    assert "ROOMSERVER_AUTH__ARGON2_MEMORY_KIB" in problem


def test_rates_are_those_of_the_protocol() -> None:
    """Unless the operator says otherwise, every class has the protocol's rate."""
    assert rates_of(Config().rates) == RATES


def test_rates_of_an_operator() -> None:
    """A rate is a burst and the interval of one more; the other classes keep theirs."""
    config = load(None, {"ROOMSERVER_RATES__CHAT": "50/10"}, {})
    assert rates_of(config.rates) == {**RATES, "chat": Rate(burst=50, per_ms=10)}


@pytest.mark.parametrize("text", ["0/10", "5", "5/0", "-1/10", "5 / 10", "fast"])
def test_bad_rates(text: str) -> None:
    """A rate that is none is refused, naming the setting."""
    (problem,) = problems_of(None, {"ROOMSERVER_RATES__CHAT": text}, {})
    assert problem.startswith("ROOMSERVER_RATES__CHAT: ")


def test_data_folder(tmp_path: Path) -> None:
    """The data folder is made with its parents, and an existing one is taken as it is."""
    config = load(None, {}, {("storage", "data"): str(tmp_path / "a" / "b")})
    assert data_folder(config.storage) == tmp_path / "a" / "b"
    assert data_folder(config.storage).is_dir()
