# SPDX-License-Identifier: Apache-2.0
"""VRRP advertisements, ARP and neighbour advertisements, read from and written to octets, independently of the product."""

import socket
import struct
from dataclasses import dataclass, field

VRRP_GROUP = "224.0.0.18"
VRRP_GROUP6 = "ff02::12"
ALL_NODES = "ff02::1"
VRRP_GROUP_MAC = "01:00:5e:00:00:12"
VRRP_PROTOCOL = 112
BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
_ETHERTYPE_IPV4, _ETHERTYPE_ARP, _ETHERTYPE_IPV6 = 0x0800, 0x0806, 0x86DD
_ICMPV6, _NEIGHBOUR_ADVERTISEMENT = 58, 136


@dataclass(frozen=True)
class Advert:
    """A VRRP advertisement as it stands on the wire."""

    source: str
    version: int
    vrid: int
    priority: int
    interval_centis: int
    """In version 2 converted from seconds."""
    addresses: tuple[str, ...]
    ttl: int
    checksum_form: str
    """rfc9568 (the message alone), pseudo_header, or wrong."""
    destination: str = VRRP_GROUP
    password: str = ""
    """Of version 2."""
    trailer: bytes = b""
    """What stands behind the message."""
    mac: str = field(default="", compare=False)
    """From where the frame came."""


@dataclass(frozen=True)
class Arp:
    operation: int  # 1 request, 2 reply
    sender_mac: str
    sender: str
    target: str
    broadcast: bool

    @property
    def gratuitous(self) -> bool:
        return self.broadcast and self.sender == self.target


@dataclass(frozen=True)
class NeighbourAdvert:
    """An ICMPv6 neighbour advertisement."""

    source: str
    destination: str
    target: str
    mac: str
    """The target's, by the option."""
    router: bool
    solicited: bool
    override: bool

    @property
    def unsolicited(self) -> bool:
        return self.destination == ALL_NODES and not self.solicited


def read(frame: bytes) -> Advert | Arp | NeighbourAdvert | None:
    """What an Ethernet frame carries, or None when it is neither."""
    (ethertype,) = struct.unpack_from("!H", frame, 12)
    if ethertype == _ETHERTYPE_ARP and len(frame) >= 42:
        return _arp(frame)
    if ethertype == _ETHERTYPE_IPV4 and len(frame) >= 14 + 20 + 8 and frame[23] == VRRP_PROTOCOL:
        return _advert(frame[14:], _mac(frame[6:12]))
    if ethertype == _ETHERTYPE_IPV6 and len(frame) >= 14 + 40 + 8:
        if frame[20] == VRRP_PROTOCOL:
            return _advert6(frame[14:], _mac(frame[6:12]))
        if frame[20] == _ICMPV6 and frame[54] == _NEIGHBOUR_ADVERTISEMENT and len(frame) >= 14 + 40 + 32:
            return _neighbour_advert(frame[14:])
    return None


def _neighbour_advert(datagram: bytes) -> NeighbourAdvert:
    flags = datagram[44]
    return NeighbourAdvert(
        source=_ip6(datagram[8:24]),
        destination=_ip6(datagram[24:40]),
        target=_ip6(datagram[48:64]),
        mac=_mac(datagram[66:72]),
        router=bool(flags & 0x80),
        solicited=bool(flags & 0x40),
        override=bool(flags & 0x20),
    )


def _arp(frame: bytes) -> Arp:
    (operation,) = struct.unpack_from("!H", frame, 20)
    return Arp(operation, _mac(frame[22:28]), _ip(frame[28:32]), _ip(frame[38:42]), frame[0:6] == b"\xff" * 6)


def _advert(datagram: bytes, mac: str) -> Advert | None:
    header = (datagram[0] & 0x0F) * 4
    (total,) = struct.unpack_from("!H", datagram, 2)
    message = datagram[header:total]
    if len(message) < 8 or message[0] & 0x0F != 1:
        return None
    version, count = message[0] >> 4, message[3]
    end = 8 + 4 * count + (8 if version == 2 else 0)
    return Advert(
        source=_ip(datagram[12:16]),
        version=version,
        vrid=message[1],
        priority=message[2],
        interval_centis=_interval(message),
        addresses=tuple(_ip(message[8 + 4 * i : 12 + 4 * i]) for i in range(count) if 12 + 4 * i <= len(message)),
        ttl=datagram[8],
        checksum_form=_checksum_form(datagram, message[:end]),
        destination=_ip(datagram[16:20]),
        password=message[end - 8 : end].rstrip(b"\0").decode(errors="replace") if version == 2 and message[4] == 1 else "",
        trailer=message[end:],
        mac=mac,
    )


def _advert6(datagram: bytes, mac: str) -> Advert | None:
    (length,) = struct.unpack_from("!H", datagram, 4)
    message = datagram[40 : 40 + length]
    if len(message) < 8 or message[0] & 0x0F != 1:
        return None
    count = message[3]
    end = 8 + 16 * count
    pseudo_header = datagram[8:40] + struct.pack("!II", len(message), VRRP_PROTOCOL)
    return Advert(
        source=_ip6(datagram[8:24]),
        version=message[0] >> 4,
        vrid=message[1],
        priority=message[2],
        interval_centis=_interval(message),
        addresses=tuple(_ip6(message[8 + 16 * i : 24 + 16 * i]) for i in range(count) if 24 + 16 * i <= len(message)),
        ttl=datagram[7],
        checksum_form="pseudo_header" if _ones_complement(pseudo_header + message) == 0xFFFF else "wrong",
        destination=_ip6(datagram[24:40]),
        trailer=message[end:],
        mac=mac,
    )


def _interval(message: bytes) -> int:
    interval: int = struct.unpack_from("!H", message, 4)[0] & 0x0FFF
    return interval if message[0] >> 4 == 3 else message[5] * 100


def _checksum_form(datagram: bytes, message: bytes) -> str:
    if _ones_complement(message) == 0xFFFF:
        return "rfc9568"
    if _ones_complement(_pseudo_header(datagram[12:16], datagram[16:20], len(message)) + message) == 0xFFFF:
        return "pseudo_header"
    return "wrong"


def vrrp_message(
    vrid: int, priority: int, addresses: tuple[str, ...], *, interval_centis: int = 10, version: int = 3, kind: int = 1
) -> bytes:
    """A version 3 message with the checksum of RFC 9568, or a version 2 one without authentication."""
    head = [(version << 4) | kind, vrid, priority, len(addresses)]
    tail = b"".join(map(socket.inet_aton, addresses))
    if version == 3:
        message = bytes(head) + struct.pack("!HH", interval_centis, 0) + tail
    else:
        message = bytes([*head, 0, interval_centis // 100, 0, 0]) + tail + bytes(8)
    checksum = ~_ones_complement(message) & 0xFFFF
    return message[:6] + struct.pack("!H", checksum) + message[8:]


def ip_datagram(source: str, payload: bytes, *, ttl: int = 255, destination: str = VRRP_GROUP) -> bytes:
    """An IPv4 datagram of protocol 112 around any payload."""
    header = struct.pack(
        "!BBHHHBBH4s4s",
        0x45,
        0xC0,
        20 + len(payload),
        0,
        0,
        ttl,
        VRRP_PROTOCOL,
        0,
        socket.inet_aton(source),
        socket.inet_aton(destination),
    )
    checksum = ~_ones_complement(header) & 0xFFFF
    return header[:10] + struct.pack("!H", checksum) + header[12:] + payload


def multicast_frame(source_mac: str, datagram: bytes) -> bytes:
    return _octets(VRRP_GROUP_MAC) + _octets(source_mac) + struct.pack("!H", _ETHERTYPE_IPV4) + datagram


def _pseudo_header(source: bytes, destination: bytes, length: int) -> bytes:
    return source + destination + struct.pack("!BBH", 0, VRRP_PROTOCOL, length)


def _ones_complement(octets: bytes) -> int:
    octets += b"\0" * (len(octets) % 2)
    total: int = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def _ip(octets: bytes) -> str:
    return socket.inet_ntoa(octets)


def _ip6(octets: bytes) -> str:
    return socket.inet_ntop(socket.AF_INET6, octets)


def _mac(octets: bytes) -> str:
    return octets.hex(":")


def _octets(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))
