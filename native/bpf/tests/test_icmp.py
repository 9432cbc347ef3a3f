# SPDX-License-Identifier: Apache-2.0
"""ICMP errors reach the end that can act on them, about the packet that this end sent; pings are left to the stack."""

import ipaddress
import struct

import pytest

from conftest import only_ipv4
from packets import ACK, Seen, Segment, checksum, icmp, judge_packet
from program import DROP, DSR, FULL_NAT, NAT, PASS, TCP, UDP

transports = pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])
translated = pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])
quotes = pytest.mark.parametrize("octets", [8, 20, 1000], ids=["quote8", "quote20", "quote_all"])


def too_big(source, destination, quoted, mtu=1300):
    if ":" in source:
        return icmp(source, destination, 2, 0, struct.pack(">I", mtu), quoted)
    return icmp(source, destination, 3, 4, struct.pack(">HH", 0, mtu), quoted)


def port_unreachable(source, destination, quoted):
    return icmp(source, destination, *((1, 4) if ":" in source else (3, 3)), bytes(4), quoted)


def cut(packet: bytes, octets: int) -> bytes:
    return packet[:(40 if packet[0] >> 4 == 6 else (packet[0] & 15) * 4) + octets]


def quoted_of(seen, complete: bool):
    """The packet that an error quotes: its addresses and ports, and its checksums judged where they can be."""
    quoted = seen.body[8:]
    if complete:
        return judge_packet(quoted)
    header = 40 if quoted[0] >> 4 == 6 else 20
    if header == 20:
        assert checksum(quoted[:20]) == 0, "checksum of the quoted header"
    at, size = (8, 16) if header == 40 else (12, 4)
    source, destination = (str(ipaddress.ip_address(quoted[start:start + size])) for start in (at, at + size))
    ports = struct.unpack_from(">HH", quoted, header)
    return Seen(source, destination, quoted[6 if header == 40 else 9], 0, b"", b"", *ports)


@quotes
@transports
@translated
def test_an_error_on_the_way_to_the_client_reaches_the_backend(node, protocol, mode, octets):
    node = node(protocol, mode)
    first = node.establish()
    answer = node.answer(first, flags=ACK, payload=bytes(range(100)))
    sent = node.forwarded(answer, "backends")
    on_the_wire = Segment(*sent.ends, protocol=protocol, flags=ACK, payload=sent.payload)
    error = too_big(node.addresses.router, node.addresses.vip, cut(on_the_wire.packet(), octets))
    seen = node.forwarded(error)
    assert seen.destination == first.destination
    assert seen.source == (node.addresses.vip if mode == FULL_NAT else node.addresses.router)
    assert struct.unpack(">H", seen.body[6:8])[0] == 1300
    assert quoted_of(seen, octets == 1000).ends == (first.destination, 8443, first.source, first.source_port)
    assert node.program.event("ICMP_TRANSLATED") == 1


@quotes
@transports
@translated
def test_an_error_on_the_way_to_the_backend_reaches_the_client_as_from_the_vip(node, protocol, mode, octets):
    node = node(protocol, mode)
    first = node.establish()
    request = node.client(flags=ACK, payload=b"odd")
    sent = node.forwarded(request)
    on_the_wire = Segment(*sent.ends, protocol=protocol, flags=ACK, payload=sent.payload)
    error = port_unreachable(first.destination, first.source, cut(on_the_wire.packet(), octets))
    seen = node.forwarded(error, "backends")
    assert (seen.source, seen.destination) == (node.addresses.vip, node.addresses.client)
    assert quoted_of(seen, octets == 1000).ends == (node.addresses.client, 40000, node.addresses.vip, 443)


@translated
def test_an_error_of_a_router_before_the_backend(node, mode, plan):
    node = node(TCP, mode)
    first = node.establish()
    sent = Segment(*first.ends, flags=ACK)
    error = too_big(plan.backends[9], first.source, sent.packet())
    seen = node.forwarded(error, "backends")
    assert (seen.source, seen.destination) == (plan.vip, plan.client)


def test_an_error_about_a_dsr_flow_goes_to_its_backend_as_it_is(node, plan):
    node = node(TCP, DSR)
    node.forwarded(node.client())
    error = too_big(plan.router, plan.vip, Segment(plan.vip, 443, plan.client, 40000).packet())
    seen = node.forwarded(error)
    assert (seen.source, seen.destination) == (plan.router, plan.vip)
    assert seen.body[8:] == Segment(plan.vip, 443, plan.client, 40000).packet()


@only_ipv4
def test_a_udp_quote_without_checksum_stays_without(node, plan):
    node = node(UDP)
    first = node.establish()
    error = port_unreachable(first.destination, first.source, Segment(*first.ends, protocol=UDP, udp_checksum=False).packet())
    assert node.forwarded(error, "backends").body[8 + 20 + 6:8 + 20 + 8] == b"\0\0"


@only_ipv4
def test_a_quote_with_ip_options(node, plan):
    node = node(TCP)
    first = node.establish()
    error = port_unreachable(first.destination, first.source, Segment(*first.ends, ip_options=bytes([1] * 12)).packet())
    assert quoted_of(node.forwarded(error, "backends"), True).ends == (plan.client, 40000, plan.vip, 443)


def test_pings_of_the_vip_and_other_errors_go_to_the_stack(node, plan):
    node = node(TCP)
    echo = icmp(plan.client, plan.vip, 128 if ":" in plan.vip else 8, 0, struct.pack(">HH", 1, 1), b"x" * 56)
    assert node.send(echo).verdict == PASS
    stranger = Segment(plan.vip, 5555, plan.client, 9)
    assert node.send(port_unreachable(plan.client, plan.vip, stranger.packet())).verdict == PASS
    redirect = icmp(plan.router, plan.vip, *((137, 0) if ":" in plan.vip else (5, 1)), bytes(4), stranger.packet())
    assert node.send(redirect).verdict == PASS
    for octets in range(0, 60, 4):
        cut_off = port_unreachable(plan.client, plan.vip, stranger.packet()[:octets])
        assert node.send(cut_off).verdict == PASS
    assert node.program.event("ICMP_TRANSLATED") == 0


def test_an_error_that_is_itself_at_its_last_hop(node):
    node = node(TCP)
    first = node.establish()
    error = port_unreachable(first.destination, first.source, Segment(*first.ends).packet())
    at = 7 if error[0] >> 4 == 6 else 8
    spent = bytearray(error)
    spent[at] = 1
    assert node.send(bytes(spent), "backends").verdict == DROP
