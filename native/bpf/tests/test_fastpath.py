# SPDX-License-Identifier: Apache-2.0
"""The XDP program beside the one on tc: of a packet it does exactly what that would have done, or leaves it alone."""

import itertools
import os
import random
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from conftest import BACKEND_SIDE, CLIENT_SIDE, Node, only_ipv4
from packets import ACK, FIN, PSH, RST, SYN, Seen, Segment, fragments_of, frame, icmp, judge
from program import (ABSENT, DOWN, DRAINING, DSR, EVENTS, FULL_NAT, NAT, REDIRECT, TCP, UDP, UNHEALTHY, XDP_PASS, XDP_REDIRECT, XDP_TX,
                     FastPath, Flow, Result, kernel_release, word16)
from test_malformed import damage, some_packet

pytestmark = pytest.mark.skipif(kernel_release() < (5, 15), reason="BPF_PROG_TEST_RUN gives XDP no interface before 5.15")

MODES = pytest.mark.parametrize("mode", [FULL_NAT, NAT, DSR], ids=["full_nat", "nat", "dsr"])
PROTOCOLS = pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])
SIDES = {"clients": CLIENT_SIDE, "backends": BACKEND_SIDE}
ROUTER_MAC = b"\x02\0\0\0\0\xfe"
SLOTS = 3
AT_ASKED_UNTIL, AT_USED_UNTIL = 32, 36  # in struct neighbour
HOP_TICKS = 1000  # of Program.set_up


def index(number: int) -> bytes:
    return struct.pack("<I", number)


def timeless(flow: bytes) -> bytes:
    octets = bytearray(flow)
    for at in (Flow.AT_SEEN, Flow.AT_HOP_UNTIL):
        octets[at:at + 4] = bytes(4)
    return bytes(octets)


@dataclass(frozen=True)
class State:
    """Everything that a packet of an established flow may change."""

    flows: dict[bytes, bytes]
    embryos: dict[bytes, bytes]
    traffic: list[bytes]
    events: list[bytes]

    @staticmethod
    def of(program) -> "State":
        return State({key: program.flows.get(key) for key in program.flows.keys()},
                     {key: program.embryos.get(key) for key in program.embryos.keys()},
                     [program.traffic.get(index(slot)) for slot in range(SLOTS)],
                     [program.events.get(index(event)) for event in range(len(EVENTS))])

    def restore(self, program) -> None:
        for table, entries in ((program.flows, self.flows), (program.embryos, self.embryos)):
            for key in table.keys():
                if key not in entries:
                    table.delete(key)
            for key, value in entries.items():
                table.put(key, value)
        for slot, value in enumerate(self.traffic):
            program.traffic.put(index(slot), value)
        for event, value in enumerate(self.events):
            program.events.put(index(event), value)

    def without_moments(self) -> tuple:
        """A tick may have passed between two packets."""
        return {key: timeless(value) for key, value in self.flows.items()}, self.embryos, self.summed_traffic()

    def summed_traffic(self) -> list[list[int]]:
        """Over the processors, on any of which each run may have been."""
        return [[sum(column) for column in zip(*struct.iter_unpack("<7Q", value))] for value in self.traffic]


class Twins:
    """A node whose packets can be given to either program, from the same state."""

    def __init__(self, node: Node, fast: FastPath):
        self.node, self.fast = node, fast
        fast.tell_neighbours({key: [bytearray(len(each)) for each in known] for key, known in fast.known_neighbours().items()})
        fast.own(node.interfaces.clients, CLIENT_SIDE)
        fast.own(node.interfaces.backends, BACKEND_SIDE)

    @property
    def program(self):
        return self.node.program

    def interface(self, side: str) -> int:
        return self.node.interfaces.clients if side == "clients" else self.node.interfaces.backends

    def frame(self, packet: bytes, side: str) -> bytes:
        return frame(packet, SIDES[side], ethertype=0x86DD if ":" in self.node.addresses.vip else 0x0800)

    def by_xdp(self, packet: bytes, side: str = "clients") -> Result:
        return self.fast.run(self.frame(packet, side), self.interface(side))

    def alike(self, segment: Segment | bytes, side: str = "clients", verdict: int = XDP_REDIRECT) -> Seen:
        """Both send it on: with the same octets, the same counts, the same flow afterwards."""
        packet = segment.packet() if isinstance(segment, Segment) else segment
        before = State.of(self.program)
        fast = self.by_xdp(packet, side)
        assert fast.verdict == verdict
        after_xdp, fast_path = State.of(self.program), self.program.event("FAST_PATH")
        before.restore(self.program)
        slow = self.node.send(packet, side)
        assert slow.verdict == REDIRECT
        assert fast.frame[14:] == slow.frame[14:]
        assert after_xdp.without_moments() == State.of(self.program).without_moments()
        assert fast_path == self.program.event("FAST_PATH") + 1
        assert fast.frame[12:14] == slow.frame[12:14], "type of frame"
        moments = [struct.unpack_from("<I", value, Flow.AT_SEEN)[0] for value in after_xdp.flows.values()]
        assert max(moments) >= max(struct.unpack_from("<I", value, Flow.AT_SEEN)[0] for value in before.flows.values())
        return judge(fast.frame)

    def left_alone(self, segment: Segment | bytes, side: str = "clients") -> None:
        self.left_alone_frame(self.frame(segment.packet() if isinstance(segment, Segment) else segment, side), side)

    def left_alone_frame(self, octets: bytes, side: str = "clients") -> None:
        before = State.of(self.program)
        result = self.fast.run(octets, self.interface(side))
        assert result.verdict == XDP_PASS
        assert result.frame == octets, "what is passed on is untouched"
        assert State.of(self.program) == before, "and so is what is known"

    def established(self, port: int = 40000) -> Seen:
        """A flow of which both sides have had data, so that nothing of it is to be measured any more."""
        if self.node.mode == DSR:
            first = self.node.forwarded(self.node.client(port))
            for _ in range(2):
                self.node.forwarded(self.to_backend(port))
        else:
            first = self.node.establish(port)
            self.node.forwarded(self.to_backend(port))
            self.node.forwarded(self.to_client(first), "backends")
        return first

    def to_backend(self, port: int = 40000, **change) -> Segment:
        change = {"flags": ACK | PSH, "sequence": 1001, "acknowledgement": 5001, "payload": b"what"} | change
        return self.node.client(port, **change)

    def to_client(self, first: Seen, **change) -> Segment:
        change = {"flags": ACK | PSH, "sequence": 5001, "acknowledgement": 1005, "payload": b"that"} | change
        return self.node.answer(first, **change)


@pytest.fixture(scope="session")
def fast_paths(object_path):
    """By the program whose maps they share."""
    loaded: dict[int, FastPath] = {}

    def of(program) -> FastPath:
        if id(program) not in loaded:
            loaded[id(program)] = FastPath(os.path.join(os.path.dirname(object_path), "fastpath.bpf.o"), program)
        return loaded[id(program)]

    yield of
    for each in loaded.values():
        each.close()


@pytest.fixture
def twins(node, fast_paths):
    """On one processor: each knows its own neighbours."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})

    def make(protocol: int = TCP, mode: int = FULL_NAT, **options) -> Twins:
        made = node(protocol, mode, **options)
        return Twins(made, fast_paths(made.program))

    yield make
    os.sched_setaffinity(0, allowed)


@MODES
@PROTOCOLS
def test_both_send_a_packet_to_the_backend_alike(twins, mode, protocol):
    twins = twins(protocol, mode)
    first = twins.established()
    for payload in (b"", b"x", b"xy", bytes(500), b"\xff" * 501):
        if protocol == TCP or payload:
            seen = twins.alike(twins.to_backend(payload=payload, acknowledgement=6000))
            assert seen.ends == first.ends and seen.payload == payload and seen.hops == 63
    twins.alike(twins.to_backend(hops=2, tos=0x2E))
    twins.alike(twins.to_backend(tcp_options=bytes([1, 1, 8, 10]) + bytes(8)))
    twins.alike(twins.to_backend().packet() + b"padding of a short frame")


@pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])
@PROTOCOLS
def test_both_send_a_packet_to_the_client_alike(twins, mode, protocol):
    twins = twins(protocol, mode)
    first = twins.established()
    for payload in (b"", b"x", b"xy", bytes(500), b"\xff" * 501):
        if protocol == TCP or payload:
            seen = twins.alike(twins.to_client(first, payload=payload, acknowledgement=1500), "backends")
            assert seen.payload == payload
            assert (seen.source, seen.source_port) == (twins.node.addresses.vip, 443)
            assert (seen.destination, seen.destination_port) == (twins.node.addresses.client, 40000)


@MODES
def test_the_frame_goes_to_the_next_hop_from_the_interface_where_it_leaves(twins, mode):
    twins = twins(TCP, mode)
    first = twins.established()
    there = twins.by_xdp(twins.to_backend().packet())
    slot = twins.program.flow(twins.node.addresses.client, 40000, twins.node.addresses.vip, 443).backend
    assert there.frame[:12] == b"\x02\0\0\0\x01" + bytes([11 + slot]) + BACKEND_SIDE
    if mode != DSR:
        assert twins.by_xdp(twins.to_client(first).packet(), "backends").frame[:12] == ROUTER_MAC + CLIENT_SIDE


@MODES
def test_a_frame_that_leaves_where_it_came_is_turned_round(twins, plan, mode):
    twins = twins(TCP, mode)
    beside = "2001:db8::77" if ":" in plan.vip else "198.18.0.77"
    neighbour("replace", beside, "clients", "02:00:00:00:00:77")
    for slot in range(SLOTS):
        twins.program.backend(slot, beside, 8443)
    if mode == NAT:
        twins.program.role(beside, ours=False, backend=True)
    first = twins.established()
    twins.alike(twins.to_backend(), verdict=XDP_TX)
    assert twins.by_xdp(twins.to_backend().packet()).frame[:12] == b"\x02\0\0\0\0\x77" + CLIENT_SIDE
    if mode != DSR:
        twins.alike(twins.to_client(first), "clients", verdict=XDP_TX)


def neighbour(action: str, address: str, device: str, mac: str = "") -> None:
    subprocess.run(["ip", "neigh", action, address, *(["lladdr", mac] if mac else []), "dev", device], check=True)


@only_ipv4
def test_a_datagram_without_checksum_keeps_none(twins):
    twins = twins(UDP)
    first = twins.established()
    assert twins.alike(twins.to_backend(udp_checksum=False)).body[6:8] == bytes(2)
    assert twins.alike(twins.to_client(first, udp_checksum=False), "backends").body[6:8] == bytes(2)


@PROTOCOLS
def test_every_checksum_comes_out_as_on_tc(twins, protocol):
    """All values that a sum can have near its ends, in both directions."""
    twins = twins(protocol)
    first = twins.established()
    for value in [*range(0, 40), *range(0x7FF0, 0x8010), *range(0xFFC0, 0x10000)]:
        payload = struct.pack(">H", value)
        twins.alike(twins.to_backend(payload=payload))
        twins.alike(twins.to_client(first, payload=payload), "backends")


@PROTOCOLS
def test_a_checksum_of_zero_is_never_sent_by_udp(twins, protocol):
    twins = twins(protocol)
    twins.established()
    at = slice(6, 8) if protocol == UDP else slice(16, 18)
    lacking = twins.alike(twins.to_backend(payload=bytes(2))).body[at]
    full = twins.alike(twins.to_backend(payload=lacking)).body[at]
    assert full == (b"\xff\xff" if protocol == UDP else bytes(2))


@MODES
def test_flows_that_begin_or_end_are_left_to_tc(twins, mode):
    twins = twins(TCP, mode)
    twins.left_alone(twins.node.client(40001))
    twins.node.forwarded(twins.node.client(40001))
    twins.left_alone(twins.to_backend(40001))
    twins.established()
    for flags in (SYN, FIN | ACK, RST, RST | ACK, SYN | ACK, SYN | FIN, 0xFF):
        twins.left_alone(twins.to_backend(flags=flags))
    twins.alike(twins.to_backend(flags=0))
    twins.node.forwarded(twins.to_backend(flags=RST | ACK, sequence=1005))
    twins.left_alone(twins.to_backend())


def test_half_of_a_flow_may_end_before_the_other(twins):
    twins = twins()
    first = twins.established()
    twins.node.forwarded(twins.to_backend(flags=FIN | ACK))
    twins.alike(twins.to_client(first), "backends")
    twins.alike(twins.to_backend(payload=b""))
    twins.node.forwarded(twins.to_client(first, flags=FIN | ACK), "backends")
    twins.left_alone(twins.to_backend(payload=b""))


@pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])
def test_first_data_is_measured_on_tc(twins, mode):
    twins = twins(TCP, mode)
    first = twins.node.establish()
    twins.left_alone(twins.to_backend())
    twins.alike(twins.to_backend(payload=b""))
    twins.node.forwarded(twins.to_backend())
    twins.alike(twins.to_backend())
    twins.left_alone(twins.to_client(first), "backends")
    twins.alike(twins.to_client(first, payload=b""), "backends")


def test_datagrams_after_silence_are_left_to_tc(twins, plan):
    twins = twins(UDP)
    twins.established()
    key = word16(plan.client) + word16(plan.vip) + struct.pack(">HHB3x", 40000, 443, UDP)
    value = bytearray(twins.program.flows.get(key))
    struct.pack_into("<I", value, Flow.AT_SEEN, struct.unpack_from("<I", value, Flow.AT_SEEN)[0] - 70_000 & 0xFFFFFFFF)
    twins.program.flows.put(key, bytes(value))
    twins.left_alone(twins.to_backend())


@MODES
def test_nothing_goes_past_a_shut_gate_or_to_a_backend_that_is_gone(twins, plan, mode):
    twins = twins(TCP, mode)
    twins.established()
    slot = twins.program.flow(plan.client, 40000, plan.vip, 443).backend
    for state in (DOWN, ABSENT):
        twins.program.backend(slot, plan.backends[slot], 8443, state)
        twins.left_alone(twins.to_backend())
    twins.program.backend(slot, plan.backends[slot], 8443, backend_id=7)
    twins.left_alone(twins.to_backend())
    twins.program.backend(slot, plan.backends[slot], 8443, UNHEALTHY)
    twins.alike(twins.to_backend())
    twins.program.gate(False)
    twins.left_alone(twins.to_backend())
    twins.program.gate(True, since=twins.program.ticks()[0])
    twins.left_alone(twins.to_backend())  # another node may have had it meanwhile
    twins.program.gate(True)
    twins.alike(twins.to_backend())


def test_datagrams_for_a_backend_whose_checks_fail_are_left_to_tc_and_its_own_are_not(twins, plan):
    twins = twins(UDP)
    first = twins.established()
    slot = plan.backends.index(first.destination)
    twins.program.backend(slot, plan.backends[slot], 8443, DRAINING)
    twins.alike(twins.to_backend())
    twins.program.backend(slot, plan.backends[slot], 8443, UNHEALTHY)
    twins.left_alone(twins.to_backend())
    twins.alike(twins.to_client(first), "backends")


@MODES
def test_an_address_that_is_ours_no_more_is_left_to_tc(twins, mode):
    twins = twins(TCP, mode)
    twins.established()
    for word in range(1024):
        twins.program.filter.put(index(word), bytes(8))
    twins.left_alone(twins.to_backend())


@MODES
def test_what_is_not_plain_is_left_to_tc(twins, plan, mode):
    twins = twins(TCP, mode)
    first = twins.established()
    segment = twins.to_backend(payload=bytes(200))
    twins.alike(segment)
    for part in fragments_of(segment, 64, 99):
        twins.left_alone(part)
    if ":" in plan.vip:
        twins.left_alone(segment.but(ip_options=((60, bytes(8)),)))
    else:
        twins.left_alone(segment.but(ip_options=bytes([1, 1, 1, 1])))
    for hops in (0, 1):
        twins.left_alone(segment.but(hops=hops))
    quoted = Segment(*first.ends).packet()
    twins.left_alone(icmp(plan.router, first.source, 1 if ":" in plan.vip else 3, 0, bytes(4), quoted), "backends")
    packet = segment.packet()
    for octets in range(len(packet)):
        twins.left_alone(packet[:octets])
    tagged = struct.pack(">HH", 0, 0x86DD if ":" in plan.vip else 0x0800) + packet
    twins.left_alone_frame(frame(tagged, CLIENT_SIDE, ethertype=0x8100))


def test_bad_lengths_are_left_to_tc(twins, plan):
    twins = twins()
    twins.established()
    packet = twins.to_backend(payload=bytes(30)).packet()
    at = 40 if ":" in plan.vip else 20
    for where, octets in ((at + 12, b"\x40"), (at + 12, b"\xf0"), (at + 12, b"\0"), (0, b"\x50"), (4 if at == 40 else 2, b"\xff\xff"),
                          (4 if at == 40 else 2, b"\0\x13"), (0, b"\x44" if at == 20 else b"\x40")):
        twins.left_alone(packet[:where] + octets + packet[where + len(octets):])


@only_ipv4
def test_bad_lengths_of_datagrams_are_left_to_tc(twins):
    twins = twins(UDP)
    twins.established()
    packet = twins.to_backend(payload=bytes(30)).packet()
    for length in (0, 7, 39, 0xFFFF):
        twins.left_alone(packet[:24] + struct.pack(">H", length) + packet[26:])
    twins.alike(packet[:24] + struct.pack(">H", 38) + b"\0\0" + packet[28:])


@MODES
def test_frames_for_others_are_left_alone(twins, mode):
    twins = twins(TCP, mode)
    twins.established()
    packet = twins.to_backend().packet()
    for mac in (b"\xff" * 6, b"\x01\0\x5e\0\0\x01", b"\0\0\x5e\0\1\x33", BACKEND_SIDE, b"\x02\0\0\0\0\x00"):
        twins.left_alone_frame(frame(packet, mac))
    twins.fast.disown(twins.node.interfaces.clients)
    twins.left_alone(packet)


@MODES
def test_nothing_is_sent_to_an_interface_without_the_program(twins, mode):
    """Its driver might drop it without a word."""
    twins = twins(TCP, mode)
    twins.established()
    twins.fast.disown(twins.node.interfaces.backends)
    twins.left_alone(twins.to_backend())


def test_what_is_too_large_for_the_way_out_is_left_to_tc(twins):
    twins = twins()
    first = twins.established()
    room = 1500 - len(twins.to_backend(payload=b"").packet())
    twins.alike(twins.to_backend(payload=bytes(room)))
    twins.alike(twins.to_client(first, payload=bytes(room)), "backends")
    twins.left_alone(twins.to_backend(payload=bytes(room + 1)))
    twins.left_alone(twins.to_client(first, payload=bytes(room + 1)), "backends")


@pytest.fixture
def missing(plan) -> Iterator[list[str]]:
    """Backends of whose MAC addresses nothing is known while the test runs."""
    gone = plan.backends[:SLOTS]
    yield gone
    for address in gone:
        neighbour("replace", address, "backends", f"02:00:00:00:01:{11 + plan.backends.index(address):02x}")


@MODES
def test_without_a_neighbour_the_packet_goes_by_tc(twins, missing, mode):
    twins = twins(TCP, mode)
    twins.established()
    for address in missing:
        neighbour("del", address, "backends")
    twins.left_alone(twins.to_backend())


def test_a_neighbour_that_has_another_mac_gets_its_frames_there(twins, missing, plan):
    twins = twins()
    twins.established()
    flow = twins.program.flow(plan.client, 40000, plan.vip, 443)
    assert twins.by_xdp(twins.to_backend().packet()).frame[:5] == b"\x02\0\0\0\x01"
    neighbour("replace", plan.backends[flow.backend], "backends", "02:00:00:00:02:99")
    now = twins.program.ticks()[0]
    known = itertools.chain.from_iterable(twins.fast.known_neighbours().values())
    asked_until = max(struct.unpack_from("<I", each, AT_ASKED_UNTIL)[0] for each in known)
    assert (asked_until - now & 0xFFFFFFFF) <= HOP_TICKS // 16 or (now - asked_until & 0xFFFFFFFF) < 1 << 20
    forget_asked(twins)
    assert twins.by_xdp(twins.to_backend().packet()).frame[:6] == b"\x02\0\0\0\x02\x99"
    assert missing


def forget_asked(twins: Twins, used: bool = False) -> None:
    """As if the time had passed for which the kernel's word is taken."""
    past = twins.program.ticks()[0] - 1 & 0xFFFFFFFF
    known = twins.fast.known_neighbours()
    for each in itertools.chain.from_iterable(known.values()):
        struct.pack_into("<I", each, AT_USED_UNTIL if used else AT_ASKED_UNTIL, past)
    twins.fast.tell_neighbours(known)


def test_neighbours_that_fall_on_one_place_displace_each_other(twins):
    """The place of each is taken by another, whose frames must not be sent to the first."""
    twins = twins()
    first = twins.established()
    there, back = twins.to_backend().packet(), twins.to_client(first).packet()
    expected = twins.by_xdp(there).frame[:12], twins.by_xdp(back, "backends").frame[:12]
    known = twins.fast.known_neighbours()
    values = [each for known_here in known.values() for each in known_here if any(each)]
    assert len(values) == 2 and len(known) == 2
    (one, ones), (other, others) = known.items()
    twins.fast.tell_neighbours({one: others, other: ones})
    assert (twins.by_xdp(there).frame[:12], twins.by_xdp(back, "backends").frame[:12]) == expected


@MODES
def test_now_and_then_a_packet_goes_by_tc_for_the_kernel_to_see_to_the_neighbour(twins, mode):
    twins = twins(TCP, mode)
    twins.established()
    twins.alike(twins.to_backend())
    forget_asked(twins, used=True)
    twins.left_alone(twins.to_backend())
    twins.alike(twins.to_backend())


@PROTOCOLS
def test_random_packets_are_sent_on_as_on_tc_or_left_alone(twins, plan, protocol):
    """MAINSTAY_FUZZ_SEED replays, MAINSTAY_FUZZ_PACKETS says how many."""
    seed = int(os.environ.get("MAINSTAY_FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
    count = int(os.environ.get("MAINSTAY_FUZZ_PACKETS", "2000"))
    print(f"replay: MAINSTAY_FUZZ_SEED={seed} MAINSTAY_FUZZ_PACKETS={count} ./dev test kernel -k random_packets")
    chance = random.Random(seed)
    twins = twins(protocol, chance.choice([FULL_NAT, NAT]))
    first = twins.established()
    verdicts = {XDP_PASS: 0, XDP_REDIRECT: 0}
    before = State.of(twins.program)
    for _ in range(count):
        odd = chance.random() < 0.7
        packet, side = some_packet(chance, twins.node, first) if odd else some_steady_packet(chance, twins, first)
        if chance.random() < 0.5:
            packet = damage(chance, packet)
        octets = twins.frame(packet, side)
        result = twins.fast.run(octets, twins.interface(side))
        verdicts[result.verdict] += 1
        if result.verdict == XDP_PASS:
            assert result.frame == octets
            continue
        after_xdp = State.of(twins.program).without_moments()
        before.restore(twins.program)
        slow = twins.node.send(packet, side)
        assert (slow.verdict, slow.frame[14:]) == (REDIRECT, result.frame[14:])
        assert State.of(twins.program).without_moments() == after_xdp
        before.restore(twins.program)
    assert min(verdicts.values()) > count // 10, verdicts
    assert State.of(twins.program) == before


def some_steady_packet(chance, twins: Twins, first: Seen) -> tuple[bytes, str]:
    change = {"payload": chance.randbytes(chance.randrange(1, 300)), "hops": chance.randrange(2, 256), "tos": chance.randrange(256),
              "acknowledgement": chance.getrandbits(32), "sequence": chance.getrandbits(32), "flags": ACK | chance.choice([0, PSH, 0x20])}
    if chance.random() < 0.5:
        return twins.to_backend(**change).packet(), "clients"
    return twins.to_client(first, **change).packet(), "backends"
