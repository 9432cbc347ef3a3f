# SPDX-License-Identifier: Apache-2.0
"""Packets as text-book octets, and a judge that recomputes every checksum from scratch."""

import ipaddress
import struct
from dataclasses import dataclass, replace

from program import ICMP, ICMPV6, TCP, UDP

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def ones_sum(octets: bytes) -> int:
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(octets: bytes) -> int:
    return ~ones_sum(octets) & 0xFFFF


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def pseudo(source: str, destination: str, protocol: int, length: int) -> bytes:
    if ":" in source:
        return packed(source) + packed(destination) + struct.pack(">II", length, protocol)
    return packed(source) + packed(destination) + struct.pack(">HH", protocol, length)


@dataclass(frozen=True)
class Segment:
    """A packet of TCP or UDP, or what an ICMP error quotes."""

    source: str
    source_port: int
    destination: str
    destination_port: int
    protocol: int = TCP
    flags: int = ACK
    sequence: int = 1000
    acknowledgement: int = 2000
    payload: bytes = b""
    tcp_options: bytes = b""
    ip_options: bytes = b""
    hops: int = 64
    tos: int = 0
    udp_checksum: bool = True
    dont_fragment: bool = True

    def back(self, **change) -> "Segment":
        return replace(self, source=self.destination, destination=self.source, source_port=self.destination_port,
                       destination_port=self.source_port, **change)

    def but(self, **change) -> "Segment":
        return replace(self, **change)

    def transport(self) -> bytes:
        ports = struct.pack(">HH", self.source_port, self.destination_port)
        if self.protocol == UDP:
            length = 8 + len(self.payload)
            body = ports + struct.pack(">HH", length, 0) + self.payload
            at = 6
        else:
            offset = 5 + len(self.tcp_options) // 4
            body = ports + struct.pack(">IIBBHHH", self.sequence, self.acknowledgement if self.flags & ACK else 0,
                                       offset << 4, self.flags, 501, 0, 0) + self.tcp_options + self.payload
            at = 16
        if self.protocol == UDP and not self.udp_checksum:
            return body
        value = checksum(pseudo(self.source, self.destination, self.protocol, len(body)) + body)
        if self.protocol == UDP and value == 0:
            value = 0xFFFF
        return body[:at] + struct.pack(">H", value) + body[at + 2:]

    def packet(self) -> bytes:
        return ip(self.source, self.destination, self.protocol, self.transport(), hops=self.hops, tos=self.tos,
                  options=self.ip_options, dont_fragment=self.dont_fragment)


def ip(source: str, destination: str, protocol: int, body: bytes, hops: int = 64, tos: int = 0, options: bytes = b"",
       dont_fragment: bool = True, identification: int = 0, fragment: int = 0, more: bool = False) -> bytes:
    """An IP packet; `options` are IPv6 extension headers as (number, octets) where the family is IPv6."""
    if ":" in source:
        for number, octets in reversed(options or ()):
            body = bytes([protocol]) + octets[1:] + body
            protocol = number
        return struct.pack(">IHBB", 6 << 28 | tos << 20, len(body), protocol, hops) + packed(source) + packed(destination) + body
    flags = (0x4000 if dont_fragment else 0) | (0x2000 if more else 0) | fragment // 8
    header = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, tos, 20 + len(options) + len(body), identification, flags,
                         hops, protocol, 0) + packed(source) + packed(destination) + bytes(options)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + body


def fragments_of(segment: Segment, first: int, identification: int) -> list[bytes]:
    """The packet in two fragments, the first with this many octets (a multiple of 8) of the transport."""
    body = segment.transport()
    parts = [(0, body[:first], True), (first, body[first:], False)]
    packets = []
    for offset, octets, more in parts:
        if ":" in segment.source:
            header = bytes(2) + struct.pack(">HI", offset | more, identification)
            packets.append(ip(segment.source, segment.destination, segment.protocol, octets, hops=segment.hops,
                              options=((44, header),)))
        else:
            packets.append(ip(segment.source, segment.destination, segment.protocol, octets, hops=segment.hops,
                              dont_fragment=False, identification=identification, fragment=offset, more=more))
    return packets


def icmp(source: str, destination: str, kind: int, code: int, rest: bytes, body: bytes, hops: int = 64) -> bytes:
    protocol = ICMPV6 if ":" in source else ICMP
    message = struct.pack(">BBH", kind, code, 0) + rest + body
    covered = pseudo(source, destination, protocol, len(message)) + message if protocol == ICMPV6 else message
    return ip(source, destination, protocol, message[:2] + struct.pack(">H", checksum(covered)) + message[4:], hops=hops)


def frame(packet: bytes, destination: bytes, source: bytes = b"\x02\0\0\0\0\x99", ethertype: int | None = None) -> bytes:
    if ethertype is None:
        ethertype = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    return destination + source + struct.pack(">H", ethertype) + packet


@dataclass(frozen=True)
class Seen:
    source: str
    destination: str
    protocol: int
    hops: int
    body: bytes
    header: bytes
    source_port: int = 0
    destination_port: int = 0
    flags: int = 0
    sequence: int = 0
    acknowledgement: int = 0
    payload: bytes = b""

    @property
    def ends(self) -> tuple[str, int, str, int]:
        return self.source, self.source_port, self.destination, self.destination_port


def judge(frame_octets: bytes, whole: bool = True) -> Seen:
    """Reads a frame and fails on any wrong length or checksum. `whole` is false for a fragment."""
    return judge_packet(frame_octets[14:], whole)


def judge_packet(packet: bytes, whole: bool = True) -> Seen:
    if packet[0] >> 4 == 4:
        header_octets = (packet[0] & 15) * 4
        total = struct.unpack_from(">H", packet, 2)[0]
        assert total <= len(packet), "IPv4 length"
        header, body = packet[:header_octets], packet[header_octets:total]
        assert checksum(header) == 0, "IPv4 header checksum"
        source, destination = (str(ipaddress.IPv4Address(packet[at:at + 4])) for at in (12, 16))
        protocol, hops = packet[9], packet[8]
    else:
        assert packet[0] >> 4 == 6
        payload = struct.unpack_from(">H", packet, 4)[0]
        assert 40 + payload <= len(packet), "IPv6 length"
        header, body = packet[:40], packet[40:40 + payload]
        source, destination = (str(ipaddress.IPv6Address(packet[at:at + 16])) for at in (8, 24))
        protocol, hops = packet[6], packet[7]
        while protocol in (0, 43, 44, 60):
            octets = 8 if protocol == 44 else (body[1] + 1) * 8
            header, protocol, body = header + body[:octets], body[0], body[octets:]
    seen = Seen(source, destination, protocol, hops, body, header)
    return judge_transport(seen) if whole else seen


def judge_transport(seen: Seen) -> Seen:
    body = seen.body
    covered = pseudo(seen.source, seen.destination, seen.protocol, len(body)) + body
    if seen.protocol == TCP:
        assert checksum(covered) == 0, "TCP checksum"
        sport, dport, seq, ack, offset, flags = struct.unpack_from(">HHIIBB", body)
        return replace(seen, source_port=sport, destination_port=dport, sequence=seq, acknowledgement=ack, flags=flags,
                       payload=body[(offset >> 4) * 4:])
    if seen.protocol == UDP:
        sport, dport, length, given = struct.unpack_from(">HHHH", body)
        assert given == 0 or checksum(covered) == 0, "UDP checksum"
        assert given != 0 or ":" not in seen.source, "UDP over IPv6 without checksum"
        return replace(seen, source_port=sport, destination_port=dport, payload=body[8:length])
    if seen.protocol == ICMP:
        assert checksum(body) == 0, "ICMP checksum"
    if seen.protocol == ICMPV6:
        assert checksum(covered) == 0, "ICMPv6 checksum"
    return seen
