# SPDX-License-Identifier: Apache-2.0
"""Frames to the MAC address of a virtual router of this node (RFC 9568 section 7.3), which is not that of the interface."""

import pytest

import packets
from packets import ACK, RST, SYN, fragments_of, judge
from program import DOWN, DSR, FULL_NAT, NAT, PASS, REDIRECT, TCP, UDP
from test_icmp import port_unreachable

VRID = 51
PREFIX = b"\0\0\x5e\0"

translated = pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])
transports = pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])


@pytest.fixture
def mac(plan) -> bytes:
    """Of the family of the test."""
    return PREFIX + bytes([2 if ":" in plan.vip else 1, VRID])


@pytest.fixture
def router(node, mac):
    """A node whose neighbours on both sides know it by that address."""

    def make(protocol: int = TCP, mode: int = FULL_NAT):
        made = node(protocol, mode)
        made.macs = {"clients": mac, "backends": mac}
        made.program.virtual_macs_are(mac)
        return made

    return make


@transports
@translated
def test_a_flow_there_and_back(router, protocol, mode):
    node = router(protocol, mode)
    first = node.establish()
    assert first.destination in node.addresses.backends[:3] and first.destination_port == 8443
    back = node.forwarded(node.answer(first, flags=ACK, payload=b"welcome"), "backends")
    assert back.ends == (node.addresses.vip, 443, node.addresses.client, 40000) and back.payload == b"welcome"
    assert node.program.flow(node.addresses.client, 40000, node.addresses.vip, 443, protocol)


@transports
def test_dsr(router, protocol):
    node = router(protocol, DSR)
    assert node.forwarded(node.client()).ends == (node.addresses.client, 40000, node.addresses.vip, 443)


def test_behind_a_shut_gate_frames_are_left_alone_as_on_a_backup_to_which_the_switch_floods_them(router):
    node = router(TCP)
    first = node.establish()
    before = node.program.events_seen()
    node.program.gate(False)
    for segment in (node.client(port=1), node.client(flags=ACK)):
        assert node.send(segment).verdict == PASS
    assert node.send(node.answer(first, flags=ACK), "backends").verdict == PASS
    assert node.program.events_seen() == before
    assert not node.program.embryo(node.addresses.client, 1, node.addresses.vip, 443, TCP)
    node.program.gate(True)
    assert node.forwarded(node.client(flags=ACK)).ends == first.ends


@translated
def test_frames_to_other_virtual_routers_are_left_alone(router, mac, mode):
    node = router(TCP, mode)
    first = node.establish()
    other_family = bytes([3 - mac[4]])
    others = [mac[:5] + bytes([number]) for number in (0, VRID - 1, VRID + 1, VRID ^ 64, 255)]
    others += [PREFIX + other_family + mac[5:], PREFIX + b"\x00" + mac[5:], PREFIX + b"\x03" + mac[5:]]
    others += [mac[:at] + bytes([mac[at] ^ 2]) + mac[at + 1:] for at in range(4)]
    others += [b"\x01" + mac[1:]]
    for other in others:
        node.macs = {"clients": other, "backends": other}
        assert node.send(node.client(port=1)).verdict == PASS, other.hex(":")
        assert node.send(node.client(flags=ACK)).verdict == PASS, other.hex(":")
        assert node.send(node.answer(first, flags=ACK), "backends").verdict == PASS, other.hex(":")


@pytest.mark.parametrize("vrid", [1, 63, 64, 255])
def test_every_vrid_has_its_bit(router, mac, vrid):
    node = router(TCP)
    mac = mac[:5] + bytes([vrid])
    node.macs = {"clients": mac, "backends": mac}
    assert node.send(node.client()).verdict == PASS
    node.program.virtual_macs_are(mac)
    node.forwarded(node.client())


def test_who_is_answered_hears_the_virtual_mac(router, mac):
    node = router(TCP)
    first = node.establish()
    for slot in node.slots:
        node.program.backend(slot, node.addresses.backends[slot], 8443, DOWN)
    for segment, side in ((node.client(flags=ACK), "clients"), (node.answer(first, flags=ACK), "backends")):
        result = node.send(segment, side)
        assert result.verdict == REDIRECT and judge(result.frame).flags & RST
        assert result.frame[6:12] == mac and result.frame[:6] == b"\x02\0\0\0\0\x99"


def test_a_packet_larger_than_the_way_out(router, mac):
    node = router(TCP)
    node.establish()
    result = node.send(node.client(flags=ACK, payload=bytes(1500)))
    assert result.verdict == REDIRECT and node.program.event("SENT_TOO_BIG") == 1
    assert judge(result.frame).source == node.addresses.vip and result.frame[6:12] == mac


@transports
@translated
def test_icmp_errors_are_translated(router, protocol, mode):
    node = router(protocol, mode)
    first = node.establish()
    sent = node.forwarded(node.client(flags=ACK, payload=bytes(100)))
    on_the_wire = packets.Segment(*sent.ends, protocol=protocol, flags=ACK, payload=sent.payload)
    error = port_unreachable(first.destination, sent.source, on_the_wire.packet())
    seen = node.forwarded(error, "backends")
    assert (seen.source, seen.destination) == (node.addresses.vip, node.addresses.client)


@transports
def test_fragments_follow_their_first(router, protocol):
    node = router(protocol)
    node.establish()
    for fragment in fragments_of(node.client(flags=ACK, payload=bytes(1000)), 104, 0x1234):
        assert node.send(fragment).verdict == REDIRECT


def test_what_is_no_service_goes_to_the_stack(router):
    node = router(TCP)
    assert node.send(node.client(flags=SYN).but(destination_port=22)).verdict == PASS
    assert node.send(node.client().but(destination=node.addresses.router)).verdict == PASS
