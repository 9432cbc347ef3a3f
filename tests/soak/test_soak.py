# SPDX-License-Identifier: Apache-2.0
"""Mixed load for a long time, while backends die and return, the configuration changes every second, and backends drain.

When all of it is over nothing may be left: no descriptor, no connection or session object, no buffer, no flow, no count.
SOAK_SECONDS says how long it takes; `./dev test soak` takes ten minutes for each engine, a run of all parts much less.
"""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from lab import jdk
from lab.backends import PORT, Backends
from lab.mainstay import VIP_WITH_PREFIX, Mainstay, Settings
from lab.node import python
from lab.records import Request
from lab.topology import ADDRESSES, BACKENDS, INTERFACE, VIP, Lab
from lab.traffic import Amount, Traffic
from lab.waiting import wait_until

SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))
SEED = int(os.environ.get("SOAK_SEED", str(time.time_ns() % 1_000_000)))
ECHO_PORT = 8081
LEAST_REQUESTS_A_SECOND = 10

# Of one connection or session; with the load gone there are none.
OF_A_FLOW = ("Relay", "RelayEnd", "EpollStreamSocket", "TcpSocket", "UdpSession", "UdpSocket")
LET_GO_SECONDS = 5.0

BLOCKS_KEPT_BY_A_WORKER = 17
"""BlockPool.MAX_KEPT and the one into which the next read goes."""


@dataclass
class Shape:
    """What the configuration of the moment says."""

    members: list[str] = field(default_factory=lambda: list(BACKENDS))
    weights: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BACKENDS, 100))
    balance: str = "round_robin"
    engine: str = "proxy"
    extra: str = ""

    def yaml(self) -> str:
        def service(name: str, listen: str, port: int) -> str:
            members = "".join(
                f"      - {{name: {one}, address: {ADDRESSES[one]}:{port}, weight: {self.weights[one]}}}\n"
                for one in self.members
            )
            return f"""\
  - name: {name}
    listen: {listen}
    balance: {self.balance}
    engine: {self.engine}
    drain_timeout: 1s
    timeouts: {{connect: 500ms, idle: 5s, half_closed: 2s}}
    udp: {{session_timeout: 1s}}
    health_check: {{type: tcp, interval: 200ms, timeout: 150ms, failures: 2, success: 1}}
    backends:
{members}"""

        # Checks of the UDP service go to the same TCP port of the host, so both see a backend die.
        services = service("http", f"{VIP}:80", PORT) + self.extra
        return f"""\
kernel_engine: {{secret: of the soak}}
virtual_routers:
  - {{interface: {INTERFACE}, vrid: 51, priority: 250, advertisement_interval: 100ms, addresses: [{VIP_WITH_PREFIX}]}}
services:
{services}{service("echo", f"{VIP}:7/udp", ECHO_PORT)}"""


class Soak:
    """A node under load, and what happens to it."""

    def __init__(self, lab: Lab, numbers: random.Random, engine: str) -> None:
        self.lab = lab
        self.numbers = numbers
        self.engine = engine
        self.backends = Backends(lab)
        self.mainstay = Mainstay(lab["lb1"], Settings("lb1", 250))
        self.shape = Shape(engine=engine)
        self.down: set[str] = set()
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
            services = self.mainstay.status()["services"]
            counts = [one["connections_active"] for one in services]
            members = [one for each in services for one in each["backends"]]
            return (
                not any(counts)
                and not any(one["connections_active"] for one in members)
                and {one["state"] for one in members} == {"HEALTHY"}
                and len(members) == 2 * len(BACKENDS)
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
        name = self.numbers.choice(self.shape.members)
        self.mainstay.attempt("backend", "drain", name, "--service", "http", "--timeout", "1s")
        self.mainstay.attempt("backend", "ready", name, "--service", "http")

    def change_configuration(self) -> None:
        balances = ["round_robin", "least_conn", "random_two", "maglev", "source_hash"]
        shape = Shape(balance=self.numbers.choice(balances), engine=self.numbers.choice(self.engines()))
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
        self.apply(Shape(engine=self.engine))
        for name in BACKENDS:
            self.mainstay.attempt("backend", "ready", name, "--service", "http")


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
    soak.apply(soak.shape)
    warm_up.stop()
    client.processes.clear()
    soak.await_calm()
    soak.objects()
    descriptors, threads = soak.descriptors(), soak.threads()

    traffic = Traffic(client, Amount(new_per_second=100, kept=24))
    traffic.start()
    client.start("unruly", *python("lab.load.unruly", VIP, "80", "7", str(SEED)))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        began = time.monotonic()
        soak.turn()
        # Not a wait for something to happen: the pace of the storm.
        time.sleep(max(0.0, began + 1 - time.monotonic()))
    served = sum(isinstance(one, Request) and one.outcome == "ok" for one in traffic.records())
    downloaded = traffic.downloaded_bytes()
    for process in client.processes:
        process.kill()
    client.processes.clear()
    soak.restore()
    soak.await_calm()

    wait_until("every descriptor is closed", lambda: soak.descriptors() <= descriptors, 30, pause=0.2)
    assert left_over(soak) == {}
    # Those that carry requests of the command line come and go.
    wait_until("every thread has ended", lambda: soak.threads() <= threads + 2, 60, pause=0.2)
    log = soak.mainstay.log()
    for word in ("LEAK", "Exception", "connection reset", "no_memory", "no_resources"):
        assert word not in log, "\n".join(line for line in log.splitlines() if word in line)[-2000:]
    assert served > LEAST_REQUESTS_A_SECOND * SECONDS
    assert downloaded > 0
    print(f"{soak.turns} reloads, {served} requests served, {downloaded} octets downloaded, {descriptors} descriptors")


def left_over(soak: Soak) -> dict[str, int]:
    """Objects that should not be there any more; threads that drop the last of them may need a moment."""
    end = time.monotonic() + LET_GO_SECONDS
    while True:
        counts = soak.objects()
        assert counts.get("LiveService", 0) >= 2, counts
        allowed = {"LiveService": 2, "Block": BLOCKS_KEPT_BY_A_WORKER * (os.cpu_count() or 1)}
        allowed |= {name: listeners(soak, name) for name in OF_A_FLOW}
        too_many = {name: counts.get(name, 0) for name, most in allowed.items() if counts.get(name, 0) > most}
        if not too_many or time.monotonic() > end:
            return too_many


def listeners(soak: Soak, name: str) -> int:
    """Sockets of listeners are objects of the same classes: one a worker for each address."""
    workers = len([p for p in Path(f"/proc/{soak.mainstay.daemon.daemon_pid}/task").glob("*/comm")
                   if p.read_text().startswith("mainstay-relay")])  # fmt: skip
    return workers if name in ("TcpSocket", "UdpSocket") else 0
