# SPDX-License-Identifier: Apache-2.0
"""VRRP advertisements and ARP, read from and written to octets, independently of the product."""

import socket
import struct
from dataclasses import dataclass

VRRP_GROUP = "224.0.0.18"
VRRP_GROUP_MAC = "01:00:5e:00:00:12"
VRRP_PROTOCOL = 112
BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
_ETHERTYPE_IPV4, _ETHERTYPE_ARP = 0x0800, 0x0806


@dataclass(frozen=True)
class Advert:
    """A VRRP advertisement over IPv4 as it stands on the wire."""

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


def read(frame: bytes) -> Advert | Arp | None:
    """What an Ethernet frame carries, or None when it is neither."""
    (ethertype,) = struct.unpack_from("!H", frame, 12)
    if ethertype == _ETHERTYPE_ARP and len(frame) >= 42:
        return _arp(frame)
    if ethertype == _ETHERTYPE_IPV4 and len(frame) >= 14 + 20 + 8 and frame[23] == VRRP_PROTOCOL:
        return _advert(frame[14:])
    return None


def _arp(frame: bytes) -> Arp:
    (operation,) = struct.unpack_from("!H", frame, 20)
    return Arp(operation, _mac(frame[22:28]), _ip(frame[28:32]), _ip(frame[38:42]), frame[0:6] == b"\xff" * 6)


def _advert(datagram: bytes) -> Advert | None:
    header = (datagram[0] & 0x0F) * 4
    (total,) = struct.unpack_from("!H", datagram, 2)
    message = datagram[header:total]
    if len(message) < 8 or message[0] & 0x0F != 1:
        return None
    version = message[0] >> 4
    interval = (struct.unpack_from("!H", message, 4)[0] & 0x0FFF) if version == 3 else message[5] * 100
    addresses = [message[8 + 4 * i : 12 + 4 * i] for i in range(message[3])]
    return Advert(
        source=_ip(datagram[12:16]),
        version=version,
        vrid=message[1],
        priority=message[2],
        interval_centis=interval,
        addresses=tuple(_ip(address) for address in addresses if len(address) == 4),
        ttl=datagram[8],
        checksum_form=_checksum_form(datagram, message),
    )


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


def _mac(octets: bytes) -> str:
    return octets.hex(":")


def _octets(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))
