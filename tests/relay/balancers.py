# SPDX-License-Identifier: Apache-2.0
"""HAProxy and Mainstay with the same services, both on node lb1."""

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lab import sockets
from lab.control import NotReachable
from lab.mainstay import Mainstay, Settings
from lab.process import Process
from lab.topology import ADDRESSES, BACKENDS, Lab
from lab.waiting import wait_until

NODE = "lb1"


@dataclass(frozen=True)
class Service:
    """A service whose backends all listen on `port`; weights belong to web1, web2, web3 in this order."""

    name: str
    port: int
    weights: tuple[int, ...]
    balance: str = "round_robin"
    check: str = "interval: 24h, timeout: 1s"

    @property
    def backends(self) -> tuple[str, ...]:
        return BACKENDS[: len(self.weights)]


ONE = Service("one", 7001, (100,))
SPARE = Service("spare", 7002, (100, 100))
"""Of which the tests take web1 away."""
GONE = Service("gone", 7003, (100,))
"""Which the tests leave without a backend."""
WEIGHTED = Service("weighted", 7004, (100, 50, 50))
LEAST = Service("least", 7005, (100, 100, 100), "least_conn")
PORTS = Service("ports", 7006, (100,), check="interval: 600ms, timeout: 500ms")
"""Whose connections use up the ports of the node; nobody need accept them."""
SERVICES = (ONE, SPARE, GONE, WEIGHTED, LEAST, PORTS)


class Balancer:
    """A balancer with its own listeners, in front of backends that the test plays itself."""

    name = ""
    offset = 0

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.node = lab[NODE]

    def start(self) -> None:
        self.process = self.launch()

    def launch(self) -> Process:
        """Starts it and returns when it serves."""
        raise NotImplementedError

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It stands still meanwhile; the kernel goes on."""
        self.process.freeze()
        try:
            yield
        finally:
            self.process.thaw()

    def client(self, service: Service) -> socket.socket:
        """A client of the service, connected."""
        return sockets.connect(self.lab["client"], ADDRESSES[NODE], self.front(service))

    def front(self, service: Service) -> int:
        return service.port + self.offset


class HaProxyRelay(Balancer):
    """Without checks: it finds out by connecting."""

    name = "haproxy"
    offset = 1000

    def launch(self) -> Process:
        words = {"round_robin": "roundrobin", "least_conn": "leastconn"}
        listens = "".join(
            f"listen {one.name}\n    bind {ADDRESSES[NODE]}:{self.front(one)}\n    balance {words[one.balance]}\n"
            + "".join(
                f"    server {name} {ADDRESSES[name]}:{one.port} weight {weight}\n"
                for name, weight in zip(one.backends, one.weights, strict=True)
            )
            for one in SERVICES
        )
        configuration = self.node.directory / "relay.cfg"
        configuration.write_text(f"""
global
    nbthread 1
defaults
    mode tcp
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    retries 2
    option redispatch 1
{listens}""")
        process = self.node.start("haproxy", "haproxy", "-db", "-f", str(configuration))
        wait_until("HAProxy listens", lambda: process.running and self._listens())
        return process

    def _listens(self) -> bool:
        return f":{self.front(ONE)} " in self.node.run("ss", "-Hltn")


class MainstayRelay(Balancer):
    """With one check of each backend at the start and none after it, but for one service."""

    name = "mainstay"
    offset = 2000

    def launch(self) -> Process:
        services = "".join(
            f"""\
  - name: {one.name}
    listen: {ADDRESSES[NODE]}:{self.front(one)}
    balance: {one.balance}
    health_check: {{type: tcp, {one.check}}}
    timeouts: {{connect: 1s, idle: 60s, half_closed: 60s}}
    backends:
"""
            + "".join(
                f"      - {{name: {name}, address: {ADDRESSES[name]}:{one.port}, weight: {weight}}}\n"
                for name, weight in zip(one.backends, one.weights, strict=True)
            )
            for one in SERVICES
        )
        self.mainstay = Mainstay(self.node, Settings(NODE, 100))
        self.mainstay.start(f"services:\n{services}")
        wait_until("every backend was checked", self._all_checked, 60)
        return self.mainstay.daemon

    def refused(self, service: Service) -> Counter[str]:
        """How many clients of the service were turned away so far, by the words of `status`."""
        services = self.mainstay.status()["services"]
        return Counter(next(one["refused"] for one in services if one["name"] == service.name))

    def backend(self, service: Service, name: str) -> dict[str, Any]:
        """What `status` says of it."""
        services = self.mainstay.status()["services"]
        backends = next(one["backends"] for one in services if one["name"] == service.name)
        return next(one for one in backends if one["name"] == name)

    def _all_checked(self) -> bool:
        if not self.mainstay.daemon.running:
            raise AssertionError(f"mainstayd has ended:\n{self.mainstay.log()}")
        if not self.mainstay.socket.exists():
            return False
        try:
            services = self.mainstay.status()["services"]
        except (OSError, AssertionError, NotReachable):
            return False
        return all(backend["state"] == "HEALTHY" for one in services for backend in one["backends"])


class Origins:
    """The servers, played by the test: a listening socket for each backend of each service."""

    def __init__(self, lab: Lab) -> None:
        self._listeners = {
            (one.name, name): sockets.listen(lab[name], ADDRESSES[name], one.port)
            for one in SERVICES
            for name in one.backends
        }

    def forget_checks(self) -> None:
        """Drops the connections of checks that have arrived."""
        for listener in self._listeners.values():
            listener.setblocking(False)
            try:
                while True:
                    listener.accept()[0].close()
            except BlockingIOError:
                listener.settimeout(sockets.PATIENCE_SECONDS)

    def close(self, service: Service, backend: str) -> None:
        """From now on the kernel refuses connections to it."""
        self._listeners.pop((service.name, backend)).close()

    def accept(self, service: Service, backend: str = "web1") -> socket.socket:
        return sockets.accept(self._listeners[service.name, backend])

    def accept_any(self, service: Service) -> tuple[str, socket.socket]:
        """The next connection, and at which backend it came."""

        def arrived() -> tuple[str, socket.socket] | None:
            for name in service.backends:
                listener = self._listeners.get((service.name, name))
                if listener is None:
                    continue
                listener.setblocking(False)
                try:
                    accepted, _ = listener.accept()
                    accepted.settimeout(sockets.PATIENCE_SECONDS)
                    return name, accepted
                except BlockingIOError:
                    pass
                finally:
                    listener.settimeout(sockets.PATIENCE_SECONDS)
            return None

        return wait_until(f"a connection of {service.name} arrives", arrived, pause=0.001)
