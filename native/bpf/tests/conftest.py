# SPDX-License-Identifier: Apache-2.0
"""A network namespace with a client's and a backend's side, and fresh copies of the program in it."""

import os
from dataclasses import dataclass, field

import pytest

import packets
from network import two_sides
from packets import Segment, frame, judge
from program import DSR, FULL_NAT, NAT, REDIRECT, TCP, Program, Result


@dataclass(frozen=True)
class Addresses:
    """The plan of addresses of one family."""

    client: str
    router: str  # of the clients' network
    vip: str
    source: str  # a second address of ours that flows to backends leave from
    backends: list[str]


V4 = Addresses("198.18.9.7", "198.18.0.254", "198.18.0.100", "198.18.1.200", [f"198.18.1.{n}" for n in range(11, 21)])
V6 = Addresses("2001:db8:9::7", "2001:db8::fe", "2001:db8::100", "2001:db8:1::200",
               [f"2001:db8:1::{n:x}" for n in range(11, 21)])

only_ipv4 = pytest.mark.parametrize("plan", [V4], ids=["ipv4"], indirect=True)
only_ipv6 = pytest.mark.parametrize("plan", [V6], ids=["ipv6"], indirect=True)

CLIENT_SIDE, BACKEND_SIDE = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"


@dataclass
class Interfaces:
    clients: int = 0
    backends: int = 0


@pytest.fixture(scope="session")
def interfaces() -> Interfaces:
    """The namespace is the one that the Makefile made for this run."""
    return Interfaces(*two_sides())


@dataclass
class Node:
    """The program with one VIP, one service and three backends, and hands to send packets through it."""

    program: Program
    addresses: Addresses
    interfaces: Interfaces
    protocol: int
    mode: int
    port: int = 443
    backend_port: int = 8443
    ports: tuple[int, int] = (20000, 4096)
    slots: list[int] = field(default_factory=lambda: [0, 1, 2])
    macs: dict[str, bytes] = field(default_factory=lambda: {"clients": CLIENT_SIDE, "backends": BACKEND_SIDE})
    """Where frames go to on each side."""

    def set_up(self) -> "Node":
        plan = self.addresses
        self.program.set_up(nat=self.mode == NAT)
        self.program.role(plan.vip, ports=self.ports)
        self.program.source(0, plan.vip, self.ports)
        for slot in self.slots:
            self.program.backend(slot, plan.backends[slot], self.backend_port)
            if self.mode == NAT:
                self.program.role(plan.backends[slot], ours=False, backend=True)
        self.program.table(0, [self.slots[index % len(self.slots)] for index in range(31)])
        self.program.service(plan.vip, self.port, self.protocol, self.mode, table=(0, 31), sources=(0, 1))
        return self

    def client(self, port: int = 40000, **change) -> Segment:
        """What the client sends: by default the first packet of a flow."""
        change.setdefault("flags", packets.SYN)
        return Segment(self.addresses.client, port, self.addresses.vip, self.port, self.protocol, **change)

    def send(self, segment: Segment | bytes, side: str = "clients", **options) -> Result:
        packet = segment.packet() if isinstance(segment, Segment) else segment
        interface = self.interfaces.clients if side == "clients" else self.interfaces.backends
        ethertype = 0x86DD if ":" in self.addresses.vip else 0x0800
        return self.program.run(frame(packet, self.macs[side], ethertype=ethertype), interface, **options)

    def forwarded(self, segment: Segment | bytes, side: str = "clients", **options) -> packets.Seen:
        """Sends and reads what leaves; fails unless the packet is forwarded and right in every checksum."""
        result = self.send(segment, side, **options)
        assert result.verdict == REDIRECT, self.program.events_seen()
        assert result.frame[:6] == self.macs[side], "answered, not forwarded"
        return judge(result.frame)

    def answer(self, seen: packets.Seen, **change) -> Segment:
        """What the backend sends on receipt of this packet."""
        if self.mode == DSR:
            raise AssertionError("a DSR backend answers the client directly")
        return Segment(seen.destination, seen.destination_port, seen.source, seen.source_port, self.protocol, **change)

    def establish(self, port: int = 40000) -> packets.Seen:
        """A handshake, or a datagram and its answer. Returns the first packet as the backend saw it."""
        first = self.forwarded(self.client(port))
        if self.protocol == TCP:
            self.forwarded(self.answer(first, flags=packets.SYN | packets.ACK, sequence=5000, acknowledgement=1001), "backends")
            self.forwarded(self.client(port, flags=packets.ACK, sequence=1001, acknowledgement=5001))
        else:
            self.forwarded(self.answer(first), "backends")
        return first


@pytest.fixture(scope="session")
def object_path() -> str:
    return os.environ["MAINSTAY_BPF"]


@pytest.fixture(scope="session")
def pool():
    """Loaded programs by the sizes of their maps, free to be used again."""
    free: dict[tuple, list[Program]] = {}
    yield free
    for programs in free.values():
        for program in programs:
            program.close()


@pytest.fixture
def load(object_path, pool):
    taken = []

    def one(**sizes) -> Program:
        key = tuple(sorted(({"flows": 4096, "embryos": 4096} | sizes).items()))
        free = pool.setdefault(key, [])
        program = free.pop() if free else Program(object_path, dict(key))
        taken.append((free, program))
        program.empty()
        return program

    yield one
    for free, program in taken:
        free.append(program)


@pytest.fixture(params=[V4, V6], ids=["ipv4", "ipv6"])
def plan(request) -> Addresses:
    return request.param


@pytest.fixture
def node(load, interfaces, plan):
    def make(protocol: int = TCP, mode: int = FULL_NAT, sizes: dict | None = None, **options) -> Node:
        return Node(load(**(sizes or {})), plan, interfaces, protocol, mode, **options).set_up()

    return make
