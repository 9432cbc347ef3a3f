# SPDX-License-Identifier: Apache-2.0
"""Real connections over wires that lose segments and have them overtake each other: every octet arrives, in its place."""

import hashlib
import os
import random
import selectors
import socket
import threading
from collections import Counter

import pytest

from network import Namespace, Network, Serving
from program import FULL_NAT, NAT
from test_against_nftables import FAMILIES, SERVICE, answer_tcp, by_the_program

ETH_P_ALL, SOL_PACKET, PACKET_IGNORE_OUTGOING, SO_RCVBUFFORCE = 3, 263, 23, 33
LOSS, LATENESS, LATEST = 0.01, 0.05, 8
PATIENCE_SECONDS = 0.005
CONNECTIONS, OCTETS = 4, 1_000_000


class BadWire(threading.Thread):
    """
    Passes frames from one interface to the other and back. Some it loses; some it holds back until others have overtaken them, or none
    comes any more.
    """

    def __init__(self, namespace: Namespace, one: str, other: str, chance: random.Random):
        super().__init__(daemon=True)
        self.chance, self.seen, self.over = chance, Counter(), threading.Event()
        self.selector = selectors.DefaultSelector()
        with namespace.entered():
            ends = [self._end(one), self._end(other)]
        self.late: dict[socket.socket, list[list]] = {end: [] for end in ends}
        for end, to in (ends, reversed(ends)):
            self.selector.register(end, selectors.EVENT_READ, to)
        self.start()

    @staticmethod
    def _end(device: str) -> socket.socket:
        end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        end.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        end.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23)
        end.bind((device, 0))
        return end

    def run(self) -> None:
        while not self.over.is_set():
            ready = self.selector.select(PATIENCE_SECONDS)
            for key, _ in ready:
                self._pass(key.fileobj.recv(65536), key.data)
            if not ready:
                for to in self.late:
                    self._release(to, LATEST)

    def _pass(self, frame: bytes, to: socket.socket) -> None:
        fate = self.chance.random()
        if fate < LOSS:
            self.seen["lost"] += 1
        elif fate < LOSS + LATENESS:
            self.late[to].append([self.chance.randint(1, LATEST), frame])
        else:
            self.seen["passed"] += 1
            to.send(frame)
            self._release(to, 1)

    def _release(self, to: socket.socket, overtaken_by: int) -> None:
        for each in self.late[to]:
            each[0] -= overtaken_by
            if each[0] <= 0:
                self.seen["late"] += 1
                to.send(each[1])
        self.late[to] = [each for each in self.late[to] if each[0] > 0]

    def close(self) -> None:
        self.over.set()
        self.join(10)
        for end in self.late:
            end.close()


@pytest.fixture
def bad_network():
    """The wires, of clients and of backends, and the network on both sides of them. MAINSTAY_FUZZ_SEED replays."""
    seed = int(os.environ.get("MAINSTAY_FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
    print(f"replay: MAINSTAY_FUZZ_SEED={seed} ./dev test kernel -k bad_network")
    chance = random.Random(seed)
    between = Namespace()
    between.sysctl(ipv6__conf__default__disable_ipv6=1)
    network = Network(between)
    for namespace, devices in ((network.client, ["eth0"]), (network.lb, ["clients", "backends"]), (network.backend, ["eth0"])):
        network.complete_checksums(namespace, *devices)
    wires = [BadWire(between, side, f"{side}-far", random.Random(chance.random())) for side in ("clients", "backends")]
    yield wires, network
    for wire in wires:
        wire.close()
    network.close()
    between.close()


def converse(network: Network, family: int, content: bytes, seen: list) -> None:
    """Sends it while it comes back, and then the last word."""
    try:
        with network.client.entered():
            client = socket.socket(family, socket.SOCK_STREAM)
        with client:
            client.settimeout(60)
            client.connect((network.VIPS[family], SERVICE))
            sending = threading.Thread(target=lambda: (client.sendall(b"e" + content), client.shutdown(socket.SHUT_WR)))
            sending.start()
            came = hashlib.sha256()
            while octets := client.recv(1 << 20):
                came.update(octets)
            sending.join(60)
            seen.append(came.hexdigest())
    except OSError as error:
        seen.append(repr(error))


@pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_everything_arrives_over_wires_that_lose_and_reorder(bad_network, load, family, mode):
    wires, network = bad_network
    program = by_the_program(network, family, mode, load)
    with network.backend.entered():
        server = Serving(socket.create_server((network.BACKENDS[family][0], 8443), family=family, backlog=64), answer_tcp)
    contents = [random.Random(n).randbytes(OCTETS) for n in range(CONNECTIONS)]
    seen: list[str] = []
    try:
        clients = [threading.Thread(target=converse, args=(network, family, content, seen)) for content in contents]
        for client in clients:
            client.start()
        for client in clients:
            client.join(180)
    finally:
        server.close()
    assert sorted(seen) == sorted(hashlib.sha256(content + b"bye").hexdigest() for content in contents)
    for wire in wires:
        assert wire.seen["lost"] > 10 and wire.seen["late"] > 50, wire.seen
    events = program.events_seen()
    assert not [name for name in events if name.startswith("DROP") or name == "SENT_RESET"], events
