# SPDX-License-Identifier: Apache-2.0
"""What leaves for what arrives, in each mode, both families, TCP and UDP."""

import socket
import struct
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import only_ipv4, only_ipv6
from packets import ACK, RST, SYN, fragments_of, frame, ip, judge, judge_packet
from program import DROP, DSR, FULL_NAT, NAT, PASS, REDIRECT, TCP, UDP, Program

translated = pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])
transports = pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])


@transports
@translated
def test_a_flow_there_and_back(node, protocol, mode):
    node = node(protocol, mode)
    first = node.forwarded(node.client(payload=b"hello", tos=8))
    assert first.destination in node.addresses.backends[:3] and first.destination_port == 8443
    assert first.hops == 63 and first.payload == b"hello"
    if mode == NAT:
        assert (first.source, first.source_port) == (node.addresses.client, 40000)
    else:
        assert first.source == node.addresses.vip and 20000 <= first.source_port < 24096
    back = node.forwarded(node.answer(first, flags=SYN | ACK, payload=b"welcome", hops=40), "backends")
    assert back.ends == (node.addresses.vip, 443, node.addresses.client, 40000)
    assert back.hops == 39 and back.payload == b"welcome"


@transports
def test_dsr_changes_nothing_but_the_hop_limit(node, protocol):
    node = node(protocol, DSR)
    segment = node.client(payload=b"hello")
    seen = node.forwarded(segment)
    assert seen.ends == (segment.source, 40000, node.addresses.vip, 443)
    assert seen.hops == 63
    flow = node.program.embryo(segment.source, 40000, node.addresses.vip, 443, protocol)
    assert flow.gateway in node.addresses.backends[:3]
    assert flow.hop_interface == node.interfaces.backends


@transports
@translated
def test_odd_lengths_and_odd_words_keep_checksums_right(node, protocol, mode):
    node = node(protocol, mode)
    for length in (0, 1, 2, 3, 7, 8, 511, 1399):
        payload = bytes((7 * n + length) % 256 for n in range(length))
        port = 30000 + length
        first = node.forwarded(node.client(port, payload=payload, tcp_options=bytes(range(12))))
        assert first.payload == payload
        back = node.forwarded(node.answer(first, payload=payload, flags=ACK), "backends")
        assert back.payload == payload


@only_ipv4
@translated
def test_udp_without_checksum_stays_without(node, mode, plan):
    node = node(UDP, mode)
    result = node.send(node.client(udp_checksum=False, payload=b"x"))
    assert result.verdict == REDIRECT
    assert result.frame[14 + 20 + 6:14 + 20 + 8] == b"\0\0"
    judge(result.frame)


def test_udp_checksum_that_comes_out_as_zero_is_sent_as_all_ones(node):
    node = node(UDP)
    first = node.forwarded(node.client(payload=bytes(2)))
    given = struct.unpack(">H", first.body[6:8])[0]
    # Raise the payload by just what is missing to a sum of all ones: the checksum would be 0.
    second = node.forwarded(node.client(payload=struct.pack(">H", given)))
    assert second.body[6:8] == b"\xff\xff"


@translated
def test_ip_options_are_looked_through(node, mode, plan):
    node = node(TCP, mode)
    options = ((0, bytes([0, 0, 1, 4, 0, 0, 0, 0])), (60, bytes([0, 1]) + bytes([1, 12]) + bytes(12))) if ":" in plan.vip else bytes([1] * 8)
    seen = node.forwarded(node.client(ip_options=options))
    assert seen.destination in plan.backends
    assert len(seen.header) == (40 + 8 + 16 if ":" in plan.vip else 28)


@only_ipv6
def test_source_routes_go_to_the_stack(node, plan):
    node = node(TCP)
    assert node.send(node.client(ip_options=((43, bytes(8)),))).verdict == PASS


@transports
def test_flows_spread_over_backends_and_stay(node, protocol):
    node = node(protocol)
    chosen = {}
    for port in range(30000, 30300):
        chosen[port] = node.forwarded(node.client(port)).ends
    hits = [sum(1 for ends in chosen.values() if ends[2] == backend) for backend in node.addresses.backends[:3]]
    assert min(hits) > 60, hits
    for port, ends in chosen.items():
        assert node.forwarded(node.client(port, flags=ACK)).ends == ends


def test_the_same_secret_and_tables_choose_alike_on_another_node(node):
    one, other = node(TCP), node(TCP)
    for port in range(30000, 30200):
        assert one.forwarded(one.client(port)).ends == other.forwarded(other.client(port, flags=ACK)).ends
    assert other.program.event("FLOW_ADOPTED") == 200
    stranger = node(TCP)
    stranger.program.set_up(secret=(3, 4))
    same = sum(one.forwarded(one.client(port)).ends == stranger.forwarded(stranger.client(port)).ends for port in range(30000, 30200))
    assert same < 10


def test_persistence_by_source_keeps_a_client_at_one_backend(node):
    node = node(TCP)
    node.program.service(node.addresses.vip, 443, TCP, FULL_NAT, table=(0, 31), sources=(0, 1), persist_source=True)
    ends = [node.forwarded(node.client(port)).ends for port in range(30000, 30300)]
    assert len({end[2] for end in ends}) == 1
    assert len({end[1] for end in ends}) == 300, "each with a port of its own, though all have one backend"


def test_what_is_not_a_service_goes_to_the_stack(node, plan):
    node = node(TCP)
    assert node.send(node.client(flags=SYN).but(destination_port=22)).verdict == PASS
    assert node.send(node.client().but(protocol=UDP)).verdict == PASS
    assert node.send(node.client().but(destination=plan.backends[5])).verdict == PASS
    assert node.send(node.client().but(source=plan.backends[0]), "backends").verdict == REDIRECT, "a backend is a client too"
    assert node.program.run(node.client().packet()[:20].rjust(34, b"\0"), node.interfaces.clients).verdict == PASS


def test_frames_for_others_are_left_alone(node):
    node = node(TCP)
    assert node.program.run(frame(node.client().packet(), b"\x02\0\0\0\0\x77"), node.interfaces.clients).verdict == PASS
    assert node.program.run(frame(node.client().packet(), b"\xff" * 6), node.interfaces.clients).verdict == PASS


@translated
def test_the_gate_is_shut_while_another_node_is_active(node, mode):
    node = node(TCP, mode)
    first = node.establish()
    node.program.gate(False)
    assert node.send(node.client(port=1)).verdict == PASS
    unknown = node.answer(first, flags=ACK).but(destination_port=20000)
    middle = [(node.client(flags=ACK), "clients"), (node.client(port=1, flags=ACK), "clients"), (node.answer(first, flags=RST), "backends")]
    middle += [(unknown, "backends")] if mode == FULL_NAT else []
    for segment, side in middle:
        assert node.send(segment, side).verdict == DROP, "a stack that still takes the address in would answer by a reset"
    assert node.program.events_seen() == {"DROP_NO_FLOW": len(middle)}
    with routing(node.interfaces):
        assert {node.send(segment, side).verdict for segment, side in middle} == {PASS}, "it goes to the other node by this router"
    assert node.send(node.client(port=81, flags=ACK).but(destination_port=81)).verdict == PASS, "none of our services"
    node.program.gate(True, gate=1)
    assert node.send(node.client(port=1)).verdict == PASS, "another virtual router's gate"
    node.program.gate(True)
    assert node.forwarded(node.client(flags=ACK)).ends == first.ends


@contextmanager
def routing(interfaces):
    """The host is a router on its interfaces."""
    names = [socket.if_indextoname(index) for index in (interfaces.clients, interfaces.backends)]
    switches = [Path(f"/proc/sys/net/{family}/conf/{name}/forwarding") for family in ("ipv4", "ipv6") for name in names]
    for switch in switches:
        switch.write_text("1")
    try:
        yield
    finally:
        for switch in switches:
            switch.write_text("0")


def test_datagrams_to_a_shut_gate_are_left_to_the_stack(node):
    node = node(UDP)
    node.forwarded(node.client())
    node.program.gate(False)
    assert node.send(node.client()).verdict == PASS


@transports
@translated
def test_the_last_hop_is_not_spent(node, protocol, mode):
    node = node(protocol, mode)
    assert node.send(node.client(hops=1)).verdict == DROP
    assert node.send(node.client(hops=2)).verdict == REDIRECT
    assert node.program.events_seen()["DROP_HOP_LIMIT"] == 1


def test_a_backend_without_a_route_is_told(node):
    node = node(TCP)
    for slot in node.slots:
        node.program.backend(slot, "203.0.113.9" if "." in node.addresses.vip else "2001:dead::1", 80)
    assert node.send(node.client()).verdict == DROP
    assert node.program.event("DROP_NO_ROUTE") == 1


def test_a_dsr_backend_behind_a_router_is_refused(node, plan):
    node = node(TCP, DSR)
    for slot in node.slots:
        node.program.backend(slot, plan.client, 443)
    assert node.send(node.client()).verdict == DROP
    assert node.program.event("DROP_NO_ROUTE") == 1


@transports
@translated
@pytest.mark.parametrize("side", ["clients", "backends"])
def test_a_packet_larger_than_the_way_out_is_answered_with_the_mtu(node, protocol, mode, side, plan):
    node = node(protocol, mode)
    first = node.establish()
    big = node.client(flags=ACK, payload=bytes(range(256)) * 6) if side == "clients" else \
        node.answer(first, flags=ACK, payload=bytes(range(256)) * 6)
    result = node.send(big, side)
    assert result.verdict == REDIRECT
    error = judge(result.frame)
    told_by = plan.vip if side == "clients" or mode == NAT else first.source
    assert (error.source, error.destination) == (told_by, big.source)
    assert (error.body[0], error.body[1]) == ((2, 0) if ":" in plan.vip else (3, 4))
    assert struct.unpack(">I", error.body[4:8])[0] == 1500
    assert error.body[8:] == big.packet()[:(40 if ":" in plan.vip else 20) + (20 if protocol == TCP else 8)]
    assert node.program.events_seen()["DROP_TOO_BIG"] == 1 and node.program.events_seen()["SENT_TOO_BIG"] == 1


def test_a_gso_packet_fits_when_its_segments_do(node):
    node = node(TCP)
    node.establish()
    big = node.client(flags=ACK, payload=bytes(3000))
    assert node.forwarded(big, gso_size=1400).payload == bytes(3000)
    assert node.program.event("DROP_TOO_BIG") == 0
    assert node.send(big, gso_size=1500).verdict == REDIRECT
    assert node.program.event("SENT_TOO_BIG") == 1


def test_unknown_answers_are_dropped_not_given_to_the_stack(node, plan):
    node = node(TCP)
    stray = node.client(flags=ACK).but(source=plan.backends[0], source_port=8443, destination_port=20007)
    assert node.send(stray, "backends").verdict == DROP
    assert node.program.event("DROP_NO_FLOW") == 1


@pytest.mark.parametrize("size", [24, 1000])
@transports
@translated
def test_fragments_follow_their_first(node, protocol, mode, size):
    node = node(protocol, mode)
    node.establish()
    segment = node.client(flags=ACK, payload=bytes(range(256)) * 5)
    first, later = fragments_of(segment, size, 0x1234)
    assert node.send(later).verdict == PASS, "overtook its first"
    assert node.program.event("UP_FRAGMENT") == 1
    out = [node.send(packet) for packet in (first, later)]
    assert [result.verdict for result in out] == [REDIRECT, REDIRECT]
    assert whole(*(result.frame for result in out)).payload == segment.payload


def identification(seen):
    return seen.header[44:48] if ":" in seen.source else seen.header[4:6]


def whole(first: bytes, later: bytes):
    """Puts two fragments together and judges the datagram."""
    parts = [judge(octets, whole=False) for octets in (first, later)]
    assert len({identification(part) for part in parts}) == 1, "fragments of one datagram keep one identification"
    assert len({(part.source, part.destination) for part in parts}) == 1
    return judge_packet(ip(parts[0].source, parts[0].destination, parts[0].protocol, parts[0].body + parts[1].body))


def test_two_clients_with_one_fragment_identification_are_told_apart(node):
    node = node(UDP)
    frames = []
    for client in ("198.18.9.7", "198.18.9.8") if "." in node.addresses.vip else ("2001:db8:9::7", "2001:db8:9::8"):
        segment = node.client(payload=bytes(64)).but(source=client)
        frames.append(node.send(fragments_of(segment, 16, 77)[0]).frame)
    assert len({identification(judge(octets, whole=False)) for octets in frames}) == 2


def test_the_verifier_has_much_less_to_look_at_than_it_would_bear(object_path):
    """Of a million instructions. A verifier before 6.2 sees twice as many as this one."""
    loaded = Program(object_path)
    instructions = loaded.verified_instructions()
    loaded.close()
    assert instructions < 200_000
