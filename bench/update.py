# SPDX-License-Identifier: Apache-2.0
"""How long the kernel engine needs to take over other backends and weights of 1,000 services, and what is lost meanwhile.

Each service has two sets of backends, one with weight 0. A reload of the configuration gives the weights of each set to the other
and one backend of the set that comes another address, for all services at once. All the while new UDP flows begin, to one
service after the other, and others are kept; nothing is asked twice. Who answers tells when which service was changed: it is
over for sure when each had a new flow to a backend of the set that came, and no sooner than the last new flow to one of the
other set. What comes before the first of them is the reading of the file, and what the rest of the daemon has to do.
"""

import argparse
import os
import select
import socket
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

from lab import sockets
from lab.clock import now
from lab.control import post
from lab.mainstay import Mainstay, Settings, tail
from lab.node import Node, python
from lab.topology import ADDRESSES, BACKENDS, VIP, Lab
from lab.waiting import NotInTime, wait_until

SETS = {"a": 9100, "b": 9200}
"""From which port on the backends of each set are."""
OTHERS = 50
"""So much higher are the ports of those that come in the place of others."""
PORTS = 20
"""Of each set on each host: as many addresses of backends as to leave every flow a source port."""
FIRST_PORT = 2000
SESSION_SECONDS = 5
KEPT_EACH_NANOS = 100_000_000
SETTLE_NANOS = 1_000_000_000
PAUSE_MILLIS = 2


@dataclass(frozen=True)
class Update(Settings):
    """One node with all the services."""

    services: int = 1000
    per_set: int = 5
    incoming: str = "a"
    """The set that has weight."""
    replaced: tuple[str, ...] = ()
    """The sets whose first backend has its other address."""

    def yaml(self) -> str:
        services = "".join(
            f"""\
  - name: s{number}
    listen: "{VIP}:{FIRST_PORT + number}/udp"
    engine: kernel
    balance: maglev
    hash: {{key: source_port}}
    udp: {{session_timeout: {SESSION_SECONDS}s}}
    health_check: {{type: tcp, interval: 1m, fast_interval: 2s, timeout: 1s}}
    backends:
{self._backends(number)}"""
            for number in range(self.services)
        )
        return f"""\
node: {{name: {self.name}}}
virtual_routers:
  - {{name: web, interface: eth0, vrid: 51, priority: {self.priority}, addresses: [{self.address}]}}
kernel_engine: {{secret: of the benchmark}}
services:
{services}"""

    def _backends(self, service: int) -> str:
        lines = ""
        for letter, first_port in SETS.items():
            weight = 100 if letter == self.incoming else 0
            for number in range(self.per_set):
                place = (service * self.per_set + number) % (PORTS * len(BACKENDS))
                port = first_port + place // len(BACKENDS) + (OTHERS if number == 0 and letter in self.replaced else 0)
                address = f"{ADDRESSES[BACKENDS[place % len(BACKENDS)]]}:{port}"
                lines += f"      - {{name: {letter}{number}, address: {address}, weight: {weight}}}\n"
        return lines


def start_backends(lab: Lab) -> None:
    """On each host a program for each set, which answers with the letter of the set."""
    for letter, first_port in SETS.items():
        ports = [first_port + add + number for add in (0, OTHERS) for number in range(PORTS)]
        for name in BACKENDS:
            places = [word for port in ports for word in (ADDRESSES[name], str(port))]
            lab[name].start(letter, *python("lab.load.names", letter + name, *places)).wait_for_output("serves", 30)


@dataclass
class Asked:
    """The first and only datagram of a flow."""

    service: int
    sent: int
    answered_by: str = ""


class Stream(threading.Thread):
    """New flows to one service after the other, so many a second, and one that is kept to each of some services."""

    def __init__(self, client: Node, services: int, kept: int, per_second: int) -> None:
        super().__init__()
        self._services, self._kept_count, self._per_second = services, kept, per_second
        rounds = -(-per_second * 4 * SESSION_SECONDS // services)
        with sockets.network_of(client):
            self._sockets = [_datagrams() for _ in range(rounds)]
            self._kept = _datagrams()
        self._by_descriptor = {each.fileno(): each for each in (*self._sockets, self._kept)}
        self._poll = select.epoll()
        for descriptor in self._by_descriptor:
            self._poll.register(descriptor, select.EPOLLIN)
        self.asked: list[Asked] = []
        self._waiting: dict[tuple[int, int], Asked] = {}
        self.kept_sent: Counter[int] = Counter()
        self.kept_answers: dict[int, Counter[str]] = {service: Counter() for service in range(kept)}
        self._asking = self._going = True

    def run(self) -> None:
        start = kept_due = now()
        while self._going:
            if self._asking:
                due = (now() - start) * self._per_second // 1_000_000_000
                while len(self.asked) < due:
                    self._ask_next()
                if now() >= kept_due:
                    kept_due += KEPT_EACH_NANOS
                    self._ask_kept()
            for descriptor, _ in self._poll.poll(PAUSE_MILLIS / 1000):
                self._hear(descriptor)

    def _ask_next(self) -> None:
        turn, service = divmod(len(self.asked), self._services)
        asking = self._sockets[turn % len(self._sockets)]
        one = Asked(service, now())
        self.asked.append(one)
        self._waiting[asking.fileno(), service] = one
        asking.sendto(b"who\n", (VIP, FIRST_PORT + service))

    def _ask_kept(self) -> None:
        for service in range(self._kept_count):
            self._kept.sendto(b"who\n", (VIP, FIRST_PORT + service))
            self.kept_sent[service] += 1

    def _hear(self, descriptor: int) -> None:
        heard = self._by_descriptor[descriptor]
        while True:
            try:
                answer, (_, port) = heard.recvfrom(1000)
            except BlockingIOError:
                return
            service, who = port - FIRST_PORT, answer.decode().split()[0]
            if heard is self._kept:
                self.kept_answers[service][who] += 1
            elif one := self._waiting.pop((descriptor, service), None):
                one.answered_by = who

    def changed(self, since: int, letter: str) -> dict[int, int]:
        """For each service when the first new flow after that moment began that a backend of the set answered."""
        first: dict[int, int] = {}
        for one in reversed(self.asked[:]):
            if one.sent < since:
                break
            if one.answered_by.startswith(letter):
                first[one.service] = one.sent
        return first

    def quiet(self) -> None:
        """Asks no more, and waits for what is on its way."""
        self._asking = False
        until = now() + SETTLE_NANOS
        wait_until("late answers", lambda: now() > until)

    def close(self) -> None:
        self._going = False
        self.join()
        for each in self._by_descriptor.values():
            each.close()


def _datagrams() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    made.bind((ADDRESSES["client"], 0))
    made.setblocking(False)
    return made


def all_healthy(node: Mainstay, settings: Update) -> bool:
    services = node.status()["services"]
    backends = [backend for service in services for backend in service["backends"]]
    assert {service["engine"] for service in services} == {"kernel"}, services[0]["engine_reason"]
    return len(backends) == settings.services * 2 * settings.per_set and all(each["state"] == "HEALTHY" for each in backends)


def drops(node: Mainstay) -> dict[str, int]:
    events = node.status()["kernel_events"]
    return {name: count for name, count in events.items() if name.startswith("drop") and count}


def play(lab: Lab, node: Mainstay, options: argparse.Namespace) -> dict[str, Any]:
    settings = node.settings
    assert isinstance(settings, Update)
    going, coming = settings.incoming, "b" if settings.incoming == "a" else "a"
    replaced = set(settings.replaced) ^ {coming}
    stream = Stream(lab["client"], options.services, options.kept, options.rate)
    before = drops(node)
    stream.start()
    try:
        wait_until("every service has had a new flow", lambda: len(stream.changed(0, going)) == options.services, 30, 0.2)
        node.configure(incoming=coming, replaced=tuple(sorted(replaced)))
        node.config.write_text(node.settings.yaml())
        start = now()
        answer = post(node.socket, "/v1/reload", {}, 120)
        returned = now()
        assert answer["result"] == "APPLIED", answer
        wait_until("every service is changed", lambda: len(stream.changed(start, coming)) == options.services, 60, 0.2)
        wait_until("more flows", lambda over=now() + SETTLE_NANOS: now() > over)
        stream.quiet()
    finally:
        stream.close()
    late = [one.sent for one in stream.asked if one.sent >= start and one.answered_by.startswith(going)]
    changed = stream.changed(start, coming).values()
    return {
        "returned_ms": (returned - start) / 1e6,
        "first_changed_ms": (min(changed) - start) / 1e6,
        "last_of_before_ms": (max(late, default=start) - start) / 1e6,
        "all_changed_ms": (max(changed) - start) / 1e6,
        "new_flows": len(stream.asked),
        "new_lost": sum(not one.answered_by for one in stream.asked),
        "kept_datagrams": sum(stream.kept_sent.values()),
        "kept_lost": sum(stream.kept_sent.values()) - sum(sum(names.values()) for names in stream.kept_answers.values()),
        "kept_moved": sum(len(names) != 1 for names in stream.kept_answers.values()),
        "drops": {name: count - before.get(name, 0) for name, count in drops(node).items() if count != before.get(name, 0)},
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench update", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--services", type=int, default=1000, help="each with 10 backends (default: 1000)")
    parser.add_argument("--rate", type=int, default=5000, help="new flows a second (default: 5000)")
    parser.add_argument("--kept", type=int, default=200, help="kept flows, each asked ten times a second (default: 200)")
    parser.add_argument("--runs", type=int, default=4, help="how often all is changed (default: 4)")
    options = parser.parse_args()
    with Lab() as lab:
        start_backends(lab)
        settings = Update("lb1", 250, services=options.services)
        node = Mainstay(lab["lb1"], settings)
        node.start()
        node.await_holding(120)
        try:
            wait_until("all backends are healthy", lambda: all_healthy(node, settings), 120, 1)
        except NotInTime as failure:
            raise NotInTime(f"{failure}; its log ends:\n{tail(node.log())}") from None
        print(f"{options.services} services, 10 backends each; {options.rate} new flows a second; {options.kept} kept")
        print(f"{'reload took':>12} {'first changed':>14} {'last of before':>15} {'all changed':>12} {'lost, new':>16} {'lost, kept':>16} {'moved':>6}  drops")
        for _ in range(options.runs):
            seen = play(lab, node, options)
            print(
                f"{seen['returned_ms']:>9.0f} ms {seen['first_changed_ms']:>11.0f} ms {seen['last_of_before_ms']:>12.0f} ms {seen['all_changed_ms']:>9.0f} ms"
                f" {seen['new_lost']:>6} of {seen['new_flows']:>6} {seen['kept_lost']:>6} of {seen['kept_datagrams']:>6}"
                f" {seen['kept_moved']:>6}  {seen['drops'] or 'none'}, load {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
