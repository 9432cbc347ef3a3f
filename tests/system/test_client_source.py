# SPDX-License-Identifier: Apache-2.0
"""Backends that see the client, with the two ways of bringing their answers back that docs/traffic.md describes."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from lab.mainstay import Mainstay, Settings, parse_json
from lab.node import python
from lab.sockets import PATIENCE_SECONDS, network_of, receive_line
from lab.topology import INTERFACE, VIP, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

VIPS = {4: VIP, 6: "2001:db8::100"}
PORT = 9000
BACKEND_PORT = 9100
KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}

TABLE = """
ip {family} route {verb} local default dev lo table 100
"""

BY_PORT = """
ip {family} rule {verb} iif eth0 ipproto tcp sport 9100 lookup 100
ip {family} rule {verb} iif eth0 ipproto udp sport 9100 lookup 100
"""

BY_SOCKET = """
ip {family} rule {verb} fwmark 1 lookup 100
"""

DIVERT = """
nft add table inet mainstay
nft add chain inet mainstay divert '{ type filter hook prerouting priority mangle; }'
nft add rule inet mainstay divert meta l4proto '{ tcp, udp }' socket transparent 1 meta mark set 1 accept
"""


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def address_of(lab: Lab, name: str, family: int) -> str:
    prefix = "2001:db8::" if family == 6 else "198.18."
    return next(a for a in lab[name].addresses() if a.startswith(prefix)).partition("/")[0]


@dataclass(frozen=True)
class Transparent(Settings):
    """One service for each family, on both transports."""

    servers: dict[int, str] = field(default_factory=dict)

    def yaml(self) -> str:
        services = "".join(
            f"""\
  - name: names{family}
    listen: ["{bracketed(vip)}:{PORT}/tcp", "{bracketed(vip)}:{PORT}/udp"]
    tcp: {{source: client}}
    udp: {{source: client}}
    records: {{keep: all}}
    health_check: {{type: tcp, interval: 500ms, timeout: 400ms}}
    backends: [{{name: web1, address: "{bracketed(self.servers[family])}:{BACKEND_PORT}"}}]
"""
            for family, vip in VIPS.items()
        )
        return f"""\
node:
  name: {self.name}
virtual_routers:
  - name: web
    interface: {self.interface}
    vrid: 51
    priority: {self.priority}
    advertisement_interval: {self.interval_millis}ms
    addresses: ["{VIPS[4]}/24", "{VIPS[6]}/64"]
services:
{services}"""


@dataclass
class Transparency:
    """lb1, whose services show web1 who the client is."""

    lab: Lab
    mainstay: Mainstay

    def ask(self, family: int, kind: str, source: tuple[str, int] | None = None) -> tuple[str, str]:
        """What the client gets for a question, and what it is to get: who it is, as web1 sees it."""
        with network_of(self.lab["client"]):
            client = socket.socket(FAMILIES[family], KINDS[kind])
        with client:
            client.settimeout(PATIENCE_SECONDS)
            if source is not None:
                client.bind(source)
            client.connect((VIPS[family], PORT))
            client.sendall(b"who am I\n")
            answer = receive_line(client) if kind == "tcp" else client.recv(2048).decode()
            own, port = client.getsockname()[:2]
        name, seen, seen_port = answer.split()
        # A connection has a port of its own there, a session that of the client.
        return f"{name} {seen} {seen_port if kind == 'udp' else ''}", f"web1 {own} {port if kind == 'udp' else ''}"

    def refused(self, family: int) -> dict[str, int]:
        services = {service["name"]: service for service in self.mainstay.status()["services"]}
        refused = services[f"names{family}"]["refused"]
        assert isinstance(refused, dict)
        return refused

    def doctor(self) -> list[str]:
        """What it says of the ways back, IPv4 first."""
        found = parse_json(self.mainstay.attempt("--json", "doctor", str(self.mainstay.config)).output)["findings"]
        return [f"{each['subject']} {each['grade']}" for each in found if each["check"] == "client routes"]


@pytest.fixture(scope="module")
def transparency() -> Iterator[Transparency]:
    with Lab() as lab:
        servers = {family: address_of(lab, "web1", family) for family in VIPS}
        places = [word for address in servers.values() for word in (address, str(BACKEND_PORT))]
        lab["web1"].start("names", *python("lab.load.names", "web1", *places)).wait_for_output("serves")
        for family in VIPS:
            way = ("via", address_of(lab, "lb1", family), "dev", INTERFACE)
            lab["web1"].run("ip", f"-{family}", "route", "add", address_of(lab, "client", family), *way)
        mainstay = Mainstay(lab["lb1"], Transparent("lb1", 250, servers=servers))
        mainstay.start()
        mainstay.await_state("ACTIVE")
        wait_until(
            "both backends are healthy",
            lambda: all(service["backends"][0]["state"] == "HEALTHY" for service in mainstay.status()["services"]),
        )
        yield Transparency(lab, mainstay)


def set_up(lab: Lab, verb: str, rules: str) -> None:
    for family in VIPS:
        lab["lb1"].run("/bin/sh", "-ec", rules.format(family=f"-{family}", verb=verb))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", VIPS)
def test_without_a_way_back_the_client_gets_no_answer(transparency: Transparency, family: int, kind: str) -> None:
    """That what follows is needed, and does it."""
    with network_of(transparency.lab["client"]):
        client = socket.socket(FAMILIES[family], KINDS[kind])
    with client:
        client.settimeout(0.5)
        client.connect((VIPS[family], PORT))
        client.sendall(b"who am I\n")
        with pytest.raises(TimeoutError):
            client.recv(2048)


@pytest.mark.parametrize("rules", [BY_PORT, BY_SOCKET], ids=["by-port", "by-socket"])
def test_backend_sees_the_client(transparency: Transparency, rules: str) -> None:
    lab = transparency.lab
    set_up(lab, "add", TABLE)
    set_up(lab, "add", rules)
    if rules == BY_SOCKET:
        lab["lb1"].run("/bin/sh", "-ec", DIVERT)
    try:
        for family in VIPS:
            for kind in KINDS:
                seen, own = transparency.ask(family, kind)
                assert seen == own
            # A port that is reserved for root, as those of servers are that ask others.
            seen, own = transparency.ask(family, "udp", (address_of(lab, "client", family), 123))
            assert seen == own
        if rules == BY_SOCKET:
            assert transparency.doctor() == ["IPv4 OK", "IPv6 OK"]
    finally:
        lab["lb1"].attempt("nft", "delete", "table", "inet", "mainstay")
        set_up(lab, "del", rules)
        set_up(lab, "del", TABLE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_for_whom_nobody_can_speak_is_refused_by_that_reason(transparency: Transparency, kind: str) -> None:
    """Its address means something on its own link alone."""
    client = transparency.lab["client"]
    wait_until("the client has it", lambda: any(a.startswith("fe80:") for a in client.addresses()))
    own = next(a for a in client.addresses() if a.startswith("fe80:")).partition("/")[0]
    with network_of(client):
        index = socket.if_nametoindex(INTERFACE)
        asking = socket.socket(socket.AF_INET6, KINDS[kind])
    before = transparency.refused(6).get("client_address_unusable", 0)
    with asking:
        asking.settimeout(PATIENCE_SECONDS)
        asking.bind((own, 0, 0, index))
        # A connection may be reset before it is known here.
        with suppress(ConnectionResetError):
            asking.connect((VIPS[6], PORT))
            asking.sendall(b"who am I\n")
        wait_until(
            "it is counted", lambda: transparency.refused(6).get("client_address_unusable", 0) == before + 1
        )
    assert transparency.mainstay.status()["services"][1]["backends"][0]["state"] == "HEALTHY"


def test_connections_leave_records(transparency: Transparency) -> None:
    """Those of the tests before: of the clients that were served, and of those that gave up."""
    path = transparency.lab["lb1"].directory / "state" / "connections.jsonl"

    def served() -> list[dict[str, object]]:
        lines = path.read_text().splitlines() if path.exists() else []
        return [record for record in map(json.loads, lines) if record["state"] == "--"]

    wait_until("both ways have left two", lambda: len(served()) == 4)
    for record in served():
        family = int(str(record["service"])[-1])
        own = bracketed(address_of(transparency.lab, "client", family))
        assert str(record["client"]).startswith(f"{own}:")
        assert (record["backend"], record["attempts"]) == ("web1", 1)
        assert record["bytes_in"] == len("who am I\n")
        assert int(str(record["bytes_out"])) > len("web1")
