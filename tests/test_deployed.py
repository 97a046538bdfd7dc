"""The files for deploying: what they promise each other, and the program, is so."""

from __future__ import annotations

import re
import shlex
from configparser import ConfigParser
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from protocol.limits import PROOF_BYTES
from roomserver.cli.command import Exit
from roomserver.cli.program import parser
from roomserver.config import load

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
