"""The files for deploying: what they promise each other, and the program, is so."""

from __future__ import annotations

import json
import re
import shlex
from configparser import ConfigParser
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import fields

from protocol.errors import CloseCode, ErrorCode
from protocol.limits import PROOF_BYTES, Limits
from protocol.methods import METHODS
from roomserver.bans import Counts
from roomserver.cli.command import Exit
from roomserver.cli.program import parser
from roomserver.config import Config, load
from roomserver.gateway.life import Life
from roomserver.metrics.catalog import METRICS, PREFIX, Kind
from roomserver.metrics.metrics import Metrics
from roomserver.metrics.readings import REFUSAL_REASONS
from storage.privacy.registry import CATEGORIES

DOCS = Path(__file__).resolve().parents[1] / "docs"
DEPLOY = DOCS / "deploy"
HANDBOOK = (DOCS / "operations.md").read_text(encoding="utf-8")


def read(name: str) -> str:
    """Return a file's text."""
    return (DEPLOY / name).read_text(encoding="utf-8")


def said(name: str, key: str) -> str:
    """Return the one value of a key in a file of ``key: value`` lines."""
    (value,) = re.findall(rf"^[\s-]*{key}: \"?([^\"\n]+)", read(name), re.MULTILINE)
    assert isinstance(value, str)
    return value


def test_address_of_the_proxy() -> None:
    """The proxy has an address that nobody else is given, and it is the one whose word is believed."""
    proxy = IPv4Address(said("compose.yaml", "ipv4_address"))
    subnet = IPv4Network(said("compose.yaml", "subnet"))
    given = IPv4Network(said("compose.yaml", "ip_range"))
    gateway = IPv4Address(said("compose.yaml", "gateway"))
    assert given.subnet_of(subnet)
    assert proxy in subnet
    assert gateway in subnet
    assert proxy not in given
    assert proxy not in {gateway, subnet.network_address, subnet.broadcast_address}
    assert said("compose.yaml", "ROOMSERVER_DOOR__TRUSTED_PROXIES") == str(proxy)


def unit() -> ConfigParser:
    """Return the systemd unit; of settings that are given several times, the last."""
    parsed = ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parsed.read_string(read("roomserver.service"))
    return parsed


def test_the_process_can_be_measured() -> None:
    """Nothing hides what ``process_*`` are read from, which an alert asks for."""
    assert "process_open_fds" in read("alerts.yml")
    service = unit()["Service"]
    assert service.get("ProcSubset", "all") == "all"
    assert service["Type"] == "notify"


def test_starts_again_and_again() -> None:
    """However often a start fails, another is tried; but not with wrong settings."""
    assert unit()["Unit"]["StartLimitIntervalSec"] == "0"
    service = unit()["Service"]
    assert service["Restart"] == "on-failure"
    assert int(service["RestartSec"]) > 1
    assert service["RestartPreventExitStatus"] == str(int(Exit.USAGE))


def test_one_data_folder() -> None:
    """Commands with the settings work on the folder that systemd lends the server."""
    config = load(DEPLOY / "roomserver.toml", {}, {})
    assert config.storage.data == f"/var/lib/{unit()['Service']['StateDirectory']}"
    started = parser().parse_args(shlex.split(unit()["Service"]["ExecStart"])[1:])
    assert started.data is None
    assert str(started.config) == "/etc/roomserver.toml"


def test_commands_of_the_handbook() -> None:
    """What is to be typed on a deployed server is understood; under systemd it names the settings."""
    typed = re.findall(r"(/opt/roomserver/bin/|exec (?:-T )?roomserver |--rm )roomserver ([^\n`]+)", HANDBOOK)
    assert {words.split()[0] for _, words in typed} == {"admin", "backup", "restore"}
    for before, words in typed:
        arguments = parser().parse_args(shlex.split(words))
        wanted = "/etc/roomserver.toml" if before.startswith("/opt/") else "None"
        assert str(arguments.config) == wanted, words


def test_place_of_backups() -> None:
    """In a container there is a folder for backups that its user may write, on a volume."""
    assert "backups:/backups" in read("compose.yaml")
    assert re.search(r"install -d -o roomserver .*/backups", read("Dockerfile"))


def test_proofs_pass_the_proxies() -> None:
    """A proof of age of any size fits, and no proxy writes it to a disk on its way."""
    nginx = read("nginx.conf")
    (megabytes,) = re.findall(r"^\s*client_max_body_size (\d+)m;$", nginx, re.MULTILINE)
    assert int(megabytes) * 1024**2 > PROOF_BYTES
    assert re.search(r"^\s*proxy_request_buffering off;$", nginx, re.MULTILINE)
    assert not re.search(r"^\s*(request_body|request_buffers)", read("Caddyfile"), re.MULTILINE)


def test_ports() -> None:
    """Whoever asks another for something asks at the port where it is."""
    config = load(DEPLOY / "roomserver.toml", {}, {})
    upstream = re.findall(r"server ([\d.]+):(\d+);", read("nginx.conf"))
    assert upstream == [(config.listen.host, str(config.listen.port))]
    assert f"{{$UPSTREAM:{config.listen.host}:{config.listen.port}}}" in read("Caddyfile")
    inside = Config().listen.port
    assert said("compose.yaml", "UPSTREAM") == f"roomserver:{inside}"
    assert f"EXPOSE {inside}" in read("Dockerfile")
    admin = said("compose.yaml", "ROOMSERVER_ADMIN__LISTEN").rpartition(":")[2]
    assert f'targets: ["roomserver:{admin}"]' in read("prometheus.yml")


def test_volumes() -> None:
    """Volumes that are mounted are declared, and nothing else is."""
    before, _, declared = read("compose.yaml").partition("\nvolumes:\n")
    assert set(re.findall(r"^  (\w+):$", declared, re.MULTILINE)) == set(
        re.findall(r"^      - (\w+):/", before, re.MULTILINE)
    )
    for path in re.findall(r"^      - \./([\w./]+):", before, re.MULTILINE):
        assert (DEPLOY / path).is_file()


def test_silence_through_nginx() -> None:
    """Nginx waits longer than a connection with nothing to say is silent."""
    limits = Limits()
    silent_ms = limits.ping_interval_ms + limits.pong_timeout_ms
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        (seconds,) = re.findall(rf"^\s*{name} (\d+)s;$", read("nginx.conf"), re.MULTILINE)
        assert int(seconds) * 1000 > silent_ms


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_blocks(name: str) -> None:
    """Every block that is opened is closed."""
    text = re.sub(r"#.*|\{\$[^}]*\}|~\S+", "", read(name))
    assert text.count("{") == text.count("}") > 0


# What is asked of Prometheus

DASHBOARD = json.loads(read("grafana/dashboard.json"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = sorted(
    {target["expr"] for panel in PANELS for target in panel["targets"]}
    | set(re.findall(r"^ +expr: (.+)$", read("alerts.yml"), re.MULTILINE))
)
VALUES: dict[str, set[str]] = {
    "job": {said("prometheus.yml", "job_name")},
    "code": {str(code.value) for code in CloseCode},
    "outcome": {"ok", *(code.value for code in ErrorCode)},
    "method": set(METHODS),
    "reason": set(REFUSAL_REASONS),
    "stage": set(re.findall(r"\w+", (Life.__doc__ or "").partition("(")[2].partition(")")[0])),
    "kind": {"user", "guest", "bot", *Counts._fields},
    "category": set(CATEGORIES),
}
"""What a label may say, where that is a table."""


def series_of(expression: str) -> dict[str, set[str]]:
    """Return the series that an expression asks for, each with its labels."""
    found = {}
    for name in re.findall(r"\b(?:roomserver|process)_\w+|\bup\b", expression):
        metric = METRICS.get(name.removeprefix(PREFIX).removesuffix("_bucket"))
        found[name] = {"job", "instance", *(metric.labels if metric else ())}
        if name.endswith("_bucket"):
            assert metric is not None
            assert metric.kind is Kind.HISTOGRAM
            found[name].add("le")
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions(expression: str) -> None:
    """Alerts and dashboard ask for series that exist, by labels that these have and values that come."""
    of_the_process = set(re.findall(r"^# TYPE (\w+)", Metrics().text().decode(), re.MULTILINE))
    exposed = {metric.full_name for metric in METRICS.values()} | of_the_process | {"up"}
    series = series_of(expression)
    assert series
    assert {name.removesuffix("_bucket") for name in series} <= exposed
    labels = set().union(*series.values())
    by = {one.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for one in group.split(",")}
    assert by <= labels
    for name, matchers in re.findall(r"(\w+)\{([^}]*)\}", expression):
        for label, how, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers):
            assert label in series[name]
            values = set(value.split("|")) if how in {"=~", "!~"} else {value}
            assert values <= VALUES.get(label, values)


def test_counters_are_counted() -> None:
    """What is asked how often it happened is a counter, and a counter says it in its name."""
    for expression in EXPRESSIONS:
        for name in re.findall(r"(?:rate|increase)\((\w+)", expression):
            assert name.endswith(("_total", "_bucket"))


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: str(panel["title"]))
def test_panels(panel: dict[str, Any]) -> None:
    """A panel of rates shows rates alone, and legends name labels that are there."""
    unit = panel["fieldConfig"]["defaults"]["unit"]
    for target in panel["targets"]:
        assert ("rate(" in target["expr"]) or unit not in {"reqps", "ops"}
        labels = set().union(*series_of(target["expr"]).values())
        assert set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))) <= labels


def test_dashboard_shows_every_metric() -> None:
    """Nothing is measured that the dashboard does not show, but the version."""
    text = read("grafana/dashboard.json")
    assert {name for name in METRICS if f"{PREFIX}{name}" not in text} == {"info"}


def test_places_on_the_dashboard() -> None:
    """No panel lies on another, and each has an id of its own."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", sorted(path for path in DEPLOY.rglob("*") if path.is_file()), ids=str)
def test_settings_that_are_deployed_exist(path: Path) -> None:
    """Environment variables in the files for deploying are settings."""
    known = {
        f"ROOMSERVER_{group.name}__{key.name}".upper()
        for group in fields(Config)
        for key in fields(group.type)
    }
    assert set(re.findall(r"ROOMSERVER_[A-Z]+__[A-Z_0-9]+", path.read_text(encoding="utf-8"))) <= known
