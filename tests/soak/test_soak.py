# SPDX-License-Identifier: Apache-2.0
"""Mixed load for a long time, while backends die and return, the configuration changes every second, and backends drain.

When all of it is over nothing may be left: no descriptor, no connection or session object, no buffer, no flow, no count.
With the proxy engine there are, besides the two plain services, some with all that only it has: limits and a queue,
persistence and the PROXY protocol, routes by server name, sessions that end with an answer, and datagrams each for itself.

SOAK_SECONDS says how long it takes; `./dev test soak` takes ten minutes for each engine, a run of all parts much less.
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab import jdk, sockets
from lab.backends import PORT, Backends
from lab.load.unruly import ROUTED_NAME
from lab.mainstay import VIP_WITH_PREFIX, Mainstay, Settings, one
from lab.node import Node, python
from lab.records import Request
from lab.topology import ADDRESSES, BACKENDS, INTERFACE, VIP, Lab
from lab.traffic import Amount, Traffic
from lab.waiting import wait_until

SECONDS = float(os.environ.get("SOAK_SECONDS", "12"))
SEED = int(os.environ.get("SOAK_SEED", str(time.time_ns() % 1_000_000)))
ECHO_PORT = 8081
LEAST_REQUESTS_A_SECOND = 10

# Of one connection or session; with the load gone there are none.
OF_A_FLOW = ("Reception", "Visit", "Relay", "RelayEnd", "EpollStreamSocket", "TcpSocket", "UdpSession", "UdpSocket")
LET_GO_SECONDS = 5.0

BLOCKS_KEPT_BY_A_WORKER = 17
"""BlockPool.MAX_KEPT and the one into which the next read goes."""


ROOM_OF_A_BACKEND = 3
MOST_LIMITED = ROOM_OF_A_BACKEND * len(BACKENDS) + 7
"""Connections that the service `limited` lets in: as many as there is room for on its backends, and seven that wait."""

MOST_REMEMBERED = 50
QUEUE_SECONDS = 10


@dataclass(frozen=True)
class Kind:
    """A service besides the plain ones."""

    name: str
    listen: str
    port: int
    keys: str
    backend_keys: str = ""


KINDS = (
    Kind(
        "limited",
        f"{VIP}:81",
        PORT,
        f"limits: {{connections: {MOST_LIMITED}, connections_per_source: {MOST_LIMITED}}}\n"
        f"queue: {{length: 100, timeout: {QUEUE_SECONDS}s}}\n"
        "records: {keep: all, one_in: 10}",
        f", max_connections: {ROOM_OF_A_BACKEND}",
    ),
    Kind(
        "told",
        f"{VIP}:82",
        PORT,
        f"persistence: {{type: source_ip, max_clients: {MOST_REMEMBERED}, during_drain: allow}}\n"
        f"proxy_protocol: {{accept_from: [{ADDRESSES['client']}/32], send: v1}}",
    ),
    Kind(
        "routed",
        f"{VIP}:443",
        PORT,
        f"routing: {{routes: [{{server_names: [{ROUTED_NAME}], service: limited}}], otherwise: backends}}",
    ),
    Kind("answered", f"{VIP}:8/udp", ECHO_PORT, "udp: {responses: 1, session_timeout: 1s}"),
    Kind("packets", f"{VIP}:9/udp", ECHO_PORT, "udp: {one_packet: true, session_timeout: 1s}"),
)
PLAIN = ("http", "echo")


@dataclass
class Shape:
    """What the configuration of the moment says."""

    members: list[str] = field(default_factory=lambda: list(BACKENDS))
    weights: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BACKENDS, 100))
    balance: str = "round_robin"
    engine: str = "proxy"
    kinds: tuple[Kind, ...] = ()
    extra: str = ""

    def yaml(self) -> str:
        def service(name: str, listen: str, port: int, keys: str, backend_keys: str = "") -> str:
            members = "".join(
                f"      - {{name: {one}, address: {ADDRESSES[one]}:{port}, weight: {self.weights[one]}{backend_keys}}}\n"
                for one in self.members
            )
            lines = "".join(f"    {line}\n" for line in keys.splitlines())
            return f"""\
  - name: {name}
    listen: {listen}
    balance: {self.balance}
    engine: {self.engine}
    drain_timeout: 1s
    timeouts: {{connect: 500ms, idle: 5s, half_closed: 2s}}
    health_check: {{type: tcp, interval: 200ms, timeout: 150ms, failures: 2, success: 1}}
{lines}\
    backends:
{members}"""

        # Checks of the UDP service go to the same TCP port of the host, so both see a backend die.
        plain = "udp: {session_timeout: 1s}"
        services = service("http", f"{VIP}:80", PORT, plain) + self.extra
        services += "".join(
            service(kind.name, kind.listen, kind.port, kind.keys, kind.backend_keys) for kind in self.kinds
        )
        return f"""\
kernel_engine: {{secret: of the soak}}
virtual_routers:
  - {{interface: {INTERFACE}, vrid: 51, priority: 250, advertisement_interval: 100ms, addresses: [{VIP_WITH_PREFIX}]}}
services:
{services}{service("echo", f"{VIP}:7/udp", ECHO_PORT, plain)}"""


class Soak:
    """A node under load, and what happens to it."""

    def __init__(self, lab: Lab, numbers: random.Random, engine: str) -> None:
        self.lab = lab
        self.numbers = numbers
        self.engine = engine
        self.backends = Backends(lab)
        self.mainstay = Mainstay(lab["lb1"], Settings("lb1", 250))
        self.kinds = KINDS if engine == "proxy" else ()
        self.services = [*PLAIN, *(kind.name for kind in self.kinds)]
        self.shape = Shape(engine=engine, kinds=self.kinds)
        self.down: set[str] = set()
        self.drained: tuple[str, ...] = ()
        self.turns = 0

    def start(self) -> None:
        self.backends.start_all()
        for name in BACKENDS:
            for module, port in (("lab.load.echo", ECHO_PORT), ("lab.load.backend", ECHO_PORT)):
                words = (name,) if module.endswith("backend") else ()
                self.lab[name].start(f"{module}-{port}", *python(module, *words, ADDRESSES[name], str(port)))
        self.mainstay.start(
            self.shape.yaml(), environment={"MAINSTAYD_JAVA_OPTS": "-Dio.netty.leakDetection.level=paranoid"}
        )
        self.await_calm()

    def await_calm(self) -> None:
        """The address is held, every backend is healthy, and nobody has a connection."""

        def calm() -> bool:
            if not self.mainstay.daemon.running:
                raise AssertionError(f"mainstayd has ended:\n{self.mainstay.log()}")
            if not self.mainstay.socket.exists() or not self.mainstay.holds_address:
                return False
            status = self.mainstay.status()
            services = status["services"]
            counts = [one[count] for one in services for count in ("connections_active", "connections_waiting")]
            members = [one for each in services for one in each["backends"]]
            return (
                not any(counts)
                and status["connections"]["active"] == 0
                and not any(one["connections_active"] for one in members)
                and {one["state"] for one in members} == {"HEALTHY"}
                and sorted(one["name"] for one in services) == sorted(self.services)
                and len(members) == len(self.services) * len(BACKENDS)
                and {one["engine"] for one in services} == {self.engine}
            )

        wait_until("nothing is going on", calm, 60, pause=0.1)

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.mainstay.daemon.daemon_pid}/fd"))

    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.mainstay.daemon.daemon_pid}/task"))

    def objects(self) -> dict[str, int]:
        """Live objects of the proxy engine by class, after a collection."""
        pid = str(self.mainstay.daemon.daemon_pid)
        counts = {}
        for line in self.lab["lb1"].run(jdk.tool("jcmd"), pid, "GC.class_histogram", timeout=60).splitlines():
            words = line.split()
            if len(words) >= 4 and words[3].startswith("io.mainstay.forward.proxy."):
                counts[words[3].rpartition(".")[2]] = int(words[1])
        return counts

    def turn(self) -> None:
        """What happens in one second: always another configuration, and now and then something else."""
        self.turns += 1
        if self.turns % 3 == 0:
            self.kill_or_revive()
        if self.turns % 4 == 0:
            self.drain_one()
        self.change_configuration()
        for process in self.lab["client"].processes:
            assert process.running, f"{process.name} has ended:\n{process.output()}"

    def kill_or_revive(self) -> None:
        name = self.numbers.choice(BACKENDS)
        if name in self.down:
            self.backends.restart(name)
            self.down.discard(name)
        elif len(self.down) < 2:
            self.backends.kill(name)
            self.down.add(name)

    def drain_one(self) -> None:
        """Until the next one: some seconds behind its deadline."""
        if self.drained:
            self.mainstay.attempt("backend", "ready", *self.drained)
        self.drained = (self.numbers.choice(self.shape.members), "--service", self.numbers.choice(self.services))
        self.mainstay.attempt("backend", "drain", *self.drained, "--timeout", "1s")

    def change_configuration(self) -> None:
        balances = ["round_robin", "least_conn", "random_two", "maglev", "source_hash"]
        shape = Shape(
            balance=self.numbers.choice(balances), engine=self.numbers.choice(self.engines()), kinds=self.kinds
        )
        shape.members = sorted(self.numbers.sample(BACKENDS, self.numbers.randrange(1, len(BACKENDS) + 1)))
        shape.weights = {name: self.numbers.randrange(1, 200) for name in BACKENDS}
        if self.numbers.random() < 0.5:
            listen, address = f"{VIP}:{self.numbers.randrange(9000, 9010)}", f"{ADDRESSES['web1']}:{PORT}"
            shape.extra = f"  - {{name: passing, listen: {listen}, backends: [{{address: {address}}}]}}\n"
        self.apply(shape)

    def engines(self) -> list[str]:
        """One is soaked alone; of the kernel engine a connection may also be left behind in the other."""
        return ["kernel", "kernel", "kernel", "auto", "proxy"] if self.engine == "kernel" else ["proxy"]

    def apply(self, shape: Shape) -> None:
        self.shape = shape
        self.mainstay.config.write_text(shape.yaml())
        assert self.mainstay.command("reload")["result"] in ("APPLIED", "UNCHANGED")

    def restore(self) -> None:
        for name in sorted(self.down):
            self.backends.restart(name)
        self.down.clear()
        self.apply(Shape(engine=self.engine, kinds=self.kinds))
        for service in self.services:
            for name in BACKENDS:
                self.mainstay.attempt("backend", "ready", name, "--service", service)

    def start_unruly(self, client: Node) -> None:
        """The clients without manners, for each kind of service."""
        everywhere = [("80", "7", ""), ("81", "8", ""), ("82", "9", "header"), ("443", "8", "hello")]
        for tcp, udp, opening in everywhere if self.kinds else everywhere[:1]:
            client.start(f"unruly-{tcp}", *python("lab.load.unruly", VIP, tcp, udp, str(SEED), opening))

    def is_used(self) -> bool:
        services = self.mainstay.status()["services"]
        return all(one["connections_total"] > 0 for one in services)

    def service(self, name: str) -> dict[str, Any]:
        return one(self.mainstay.status()["services"], name)


@pytest.fixture(params=["proxy", "kernel"])
def soak(request: pytest.FixtureRequest) -> Iterator[Soak]:
    with Lab(("client", "lb1", *BACKENDS)) as lab:
        yield Soak(lab, random.Random(SEED), request.param)


def test_nothing_is_left_after_the_storm(soak: Soak) -> None:
    print(f"{SECONDS:g} s; replay with SOAK_SEED={SEED}")
    soak.start()
    client = soak.lab["client"]
    # Everything that is opened once for good is there after the first of all.
    warm_up = Traffic(client, Amount(new_per_second=50, kept=8))
    warm_up.start()
    warm_up.await_flowing()
    soak.start_unruly(client)
    wait_until("every service is used", soak.is_used, 30, pause=0.1)
    soak.apply(soak.shape)
    end_of(client)
    soak.await_calm()
    soak.objects()
    descriptors, threads = soak.descriptors(), soak.threads()

    traffic = Traffic(client, Amount(new_per_second=100, kept=24))
    traffic.start()
    soak.start_unruly(client)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        began = time.monotonic()
        soak.turn()
        # Not a wait for something to happen: the pace of the storm.
        time.sleep(max(0.0, began + 1 - time.monotonic()))
    served = sum(isinstance(one, Request) and one.outcome == "ok" for one in traffic.records())
    downloaded = traffic.downloaded_bytes()
    expect_bounds_were_met(soak)
    end_of(client)
    soak.restore()
    soak.await_calm()

    wait_until("every descriptor is closed", lambda: soak.descriptors() <= descriptors, 30, pause=0.2)
    assert left_over(soak) == {}
    if soak.kinds:
        expect_every_place_is_free(soak)
    # Those that carry requests of the command line come and go.
    wait_until("every thread has ended", lambda: soak.threads() <= threads + 2, 60, pause=0.2)
    log = soak.mainstay.log()
    for word in ("LEAK", "Exception", "connection reset", "no_memory", "no_resources"):
        assert word not in log, "\n".join(line for line in log.splitlines() if word in line)[-2000:]
    assert served > LEAST_REQUESTS_A_SECOND * SECONDS
    assert downloaded > 0
    print(f"{soak.turns} reloads, {served} requests served, {downloaded} octets downloaded, {descriptors} descriptors")


def end_of(client: Node) -> None:
    """Ends every program of the client."""
    for process in client.processes:
        process.kill()
    client.processes.clear()


def expect_bounds_were_met(soak: Soak) -> None:
    """What is bounded was used up to its bound, but not beyond."""
    if soak.kinds:
        assert service_full(soak) > 0
        assert 0 < soak.mainstay.command("persistence", "list", "told")["clients"] <= MOST_REMEMBERED


def expect_every_place_is_free(soak: Soak) -> None:
    """Nobody is counted any more who is gone: as many as are allowed come in at once, and not one more."""
    room = ROOM_OF_A_BACKEND * len(BACKENDS)
    refused = service_full(soak)
    crowd = []
    for _ in range(MOST_LIMITED + 1):
        # Who is refused may be told before the call returns.
        with suppress(ConnectionResetError):
            crowd.append(sockets.connect(soak.lab["client"], VIP, 81))

    def all_but_one_are_in() -> bool:
        seen = soak.service("limited")
        places = (seen["connections_active"], seen["connections_waiting"])
        return places == (room, MOST_LIMITED - room) and service_full(soak) == refused + 1

    wait_until("all but one are in, with a backend or in the queue", all_but_one_are_in, QUEUE_SECONDS)
    for client in crowd:
        client.close()
    soak.await_calm()
    assert soak.mainstay.command("persistence", "clear", "told")["cleared"] <= MOST_REMEMBERED
    assert soak.mainstay.command("persistence", "list", "told")["clients"] == 0


def service_full(soak: Soak) -> int:
    return int(soak.service("limited")["refused"].get("service_full", 0))


def left_over(soak: Soak) -> dict[str, int]:
    """Objects that should not be there any more; threads that drop the last of them may need a moment."""
    end = time.monotonic() + LET_GO_SECONDS
    while True:
        counts = soak.objects()
        assert counts.get("LiveService", 0) >= len(soak.services), counts
        allowed = {"LiveService": len(soak.services), "Block": BLOCKS_KEPT_BY_A_WORKER * (os.cpu_count() or 1)}
        allowed |= {name: listeners(soak, name) for name in OF_A_FLOW}
        too_many = {name: counts.get(name, 0) for name, most in allowed.items() if counts.get(name, 0) > most}
        if not too_many or time.monotonic() > end:
            return too_many


def listeners(soak: Soak, name: str) -> int:
    """Sockets of listeners are objects of the same classes: one a worker for each address; each service has one."""
    workers = len([p for p in Path(f"/proc/{soak.mainstay.daemon.daemon_pid}/task").glob("*/comm")
                   if p.read_text().startswith("mainstay-relay")])  # fmt: skip
    udp = 1 + sum(kind.listen.endswith("/udp") for kind in soak.kinds)
    return workers * {"TcpSocket": len(soak.services) - udp, "UdpSocket": udp}.get(name, 0)
