# SPDX-License-Identifier: Apache-2.0
"""The detour: which packets go on to the former Active, and which are this node's own."""

import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import packets
from network import Network, attach
from packets import Segment, frame
from program import PASS, REDIRECT, TCP, Program, word16

FORMER = {socket.AF_INET: "198.18.0.50", socket.AF_INET6: "2001:db8::50"}
PORT, OTHER_PORT = 80, 81


class Detour:
    """The program, and a node `lb` that listens on the VIP and knows nothing of the client's connections."""

    def __init__(self, program: Program, network: Network, family: socket.AddressFamily):
        self.program, self.network, self.family = program, network, family
        self.latest, self.detours = program.map("latest", 4, 8), program.map("detours", 16, 32)
        self.vip = network.VIPS[family]
        with network.lb.entered():
            self.interface = socket.if_nametoindex("clients")
            shown = subprocess.run(["ip", "-o", "link", "show", "clients"], capture_output=True, text=True, check=True).stdout
            self.mac = bytes.fromhex(shown.split("link/ether ")[1].split()[0].replace(":", ""))
            self.listener = self.listen(self.vip, PORT)

    def listen(self, address: str, port: int) -> socket.socket:
        listener = socket.socket(self.family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen()
        listener.settimeout(20)
        return listener

    def open(self, seconds: float = 60, credit: int = 1000) -> None:
        until = time.monotonic_ns() + int(seconds * 1e9)
        self.latest.put(bytes(4), struct.pack("<Q", until))
        self.detours.put(word16(self.vip), word16(FORMER[self.family]) + struct.pack("<QII", until, self.interface, credit))

    def segment(self, **change) -> Segment:
        change.setdefault("flags", packets.ACK)
        port = change.pop("port", PORT)
        client_port = change.pop("client_port", 20000)  # outside of net.ipv4.ip_local_port_range
        return Segment(self.network.CLIENTS[self.family], client_port, change.pop("to", self.vip), port, TCP, **change)

    def send(self, segment: Segment, mac: bytes | None = None):
        ethertype = 0x86DD if self.family == socket.AF_INET6 else 0x0800
        with self.network.lb.entered():
            return self.program.run(frame(segment.packet(), mac or self.mac, ethertype=ethertype), self.interface)

    def verdict(self, **change) -> int:
        return self.send(self.segment(**change)).verdict


@pytest.fixture(scope="module")
def loaded(object_path: str) -> Iterator[Program]:
    program = Program(str(Path(object_path).with_name("detour.bpf.o")), name="mainstay_detour", maps=False)
    yield program
    program.close()


@pytest.fixture(scope="module")
def network(loaded: Program) -> Iterator[Network]:
    network = Network()
    attach(network.lb, "clients", loaded.fd)
    yield network
    network.close()


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6], ids=["ipv4", "ipv6"])
def detour(request: pytest.FixtureRequest, loaded: Program, network: Network) -> Iterator[Detour]:
    detour = Detour(loaded, network, request.param)
    yield detour
    detour.listener.close()
    detour.latest.put(bytes(4), bytes(8))
    for key in detour.detours.keys():
        detour.detours.delete(key)


def test_before_and_after_its_time_it_leaves_all_alone(detour: Detour) -> None:
    assert detour.verdict() == PASS
    detour.open(seconds=-1)
    assert detour.verdict() == PASS


@pytest.mark.parametrize("flags", [packets.ACK, packets.ACK | packets.FIN, packets.RST, packets.ACK | packets.RST])
def test_what_belongs_to_no_connection_of_this_node_goes_on_as_it_is(detour: Detour, flags: int) -> None:
    detour.open()
    sent = detour.segment(flags=flags)
    result = detour.send(sent)
    assert result.verdict == REDIRECT
    assert result.frame[14:] == sent.packet()


def test_frames_to_a_virtual_mac_are_this_nodes_and_those_to_others_are_not(detour: Detour) -> None:
    detour.open()
    kind = {socket.AF_INET: 1, socket.AF_INET6: 2}[detour.family]
    virtual = bytes((0, 0, 0x5E, 0, kind, 51))
    assert detour.send(detour.segment(), virtual).verdict == REDIRECT
    assert detour.send(detour.segment(flags=packets.SYN), virtual).verdict == PASS
    for other in (bytes((0, 0, 0x5E, 0, 3, 51)), bytes((2, 0, 0, 0, 0, 51)), bytes((1, 0, 0x5E, 0, kind, 51))):
        assert detour.send(detour.segment(), other).verdict == PASS


def test_new_connections_are_this_nodes_own(detour: Detour) -> None:
    detour.open()
    assert detour.verdict(flags=packets.SYN) == PASS
    assert detour.verdict(flags=packets.SYN | packets.ACK) == PASS


def test_ports_of_nobody_and_of_other_programs_stay_here(detour: Detour) -> None:
    detour.open()
    assert detour.verdict(port=OTHER_PORT) == PASS
    with detour.network.lb.entered():
        others = detour.listen("" if detour.family == socket.AF_INET else "::", OTHER_PORT)
    with others:
        assert detour.verdict(port=OTHER_PORT) == PASS


def test_an_address_without_a_detour_stays_here(detour: Detour) -> None:
    detour.open()
    own = {socket.AF_INET: "198.18.0.1", socket.AF_INET6: "2001:db8::1"}[detour.family]
    with detour.network.lb.entered():
        listener = detour.listen(own, PORT)
    with listener:
        assert detour.verdict(to=own) == PASS


def test_a_connection_of_this_node_stays_here_until_it_is_forgotten(detour: Detour) -> None:
    with detour.network.client.entered():
        client = socket.create_connection((detour.vip, PORT), timeout=20)
    detour.open()
    port = client.getsockname()[1]
    assert detour.verdict(client_port=port) == PASS
    accepted, _ = detour.listener.accept()
    accepted.close()
    client.recv(1)
    client.close()
    assert detour.verdict(client_port=port) == PASS, "it waits for what may still be under way"
    assert detour.verdict(client_port=port ^ 1) == REDIRECT


def test_it_ends_with_its_credit(detour: Detour) -> None:
    detour.open(credit=3)
    assert [detour.verdict() for _ in range(5)] == [REDIRECT] * 3 + [PASS] * 2


@pytest.mark.skipif(not Path("/proc/sys/net/ipv4/tcp_syncookies").exists(), reason="a kernel without CONFIG_SYN_COOKIES")
def test_connections_that_begin_by_a_cookie_are_this_nodes_own(detour: Detour) -> None:
    """Until the client's ACK comes there is no socket for it."""
    detour.network.lb.sysctl(ipv4__tcp_syncookies=2)
    detour.open()
    with detour.network.client.entered():
        client = socket.create_connection((detour.vip, PORT), timeout=20)
    with client:
        accepted, _ = detour.listener.accept()
        with accepted:
            client.sendall(b"here")
            assert accepted.recv(10) == b"here"


def test_the_program_is_small(loaded: Program) -> None:
    assert loaded.verified_instructions() < 5000
