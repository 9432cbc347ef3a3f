# SPDX-License-Identifier: Apache-2.0
"""The signature behind a VRRP message (draft-cassen-vrrp-auth-hmac), written and checked independently of the product."""

import hashlib
import hmac
import ipaddress
import struct

from lab.packets import VRRP_PROTOCOL

_LENGTH = 28
_HMAC = 16
_ETHERNET, _IPV4, _IPV6 = 14, 20, 40


def signature(message: bytes, source: str, key: bytes, key_id: int, sequence: int) -> bytes:
    """What stands behind a message that has no checksum yet, or one that is not looked at."""
    head = struct.pack("!BBHQ", 1, key_id, 0, sequence)
    address = ipaddress.ip_address(source)
    pseudo_header = struct.pack("!BBBB16s", address.version, message[0] >> 4, message[1], 0, address.packed)
    covered = message[:6] + b"\0\0" + message[8:] + head + bytes(_HMAC)
    return head + hmac.new(key, pseudo_header + covered, hashlib.sha256).digest()[:_HMAC]


def sequence_at(seconds: float, counter: int = 0) -> int:
    """The number of what is said at a time of day."""
    return int(seconds * 65536) << 16 | counter


def signed_sequence(frame: bytes, key: bytes, key_id: int) -> int | None:
    """The number of a captured advertisement, if its signature is right."""
    version = frame[_ETHERNET] >> 4
    if version == 4:
        header, protocol, source = _IPV4, frame[_ETHERNET + 9], frame[_ETHERNET + 12 : _ETHERNET + 16]
        (total,) = struct.unpack_from("!H", frame, _ETHERNET + 2)
    else:
        header, protocol, source = _IPV6, frame[_ETHERNET + 6], frame[_ETHERNET + 8 : _ETHERNET + 24]
        total = _IPV6 + struct.unpack_from("!H", frame, _ETHERNET + 4)[0]
    assert protocol == VRRP_PROTOCOL
    payload = frame[_ETHERNET + header : _ETHERNET + total]
    message, trailer = payload[:-_LENGTH], payload[-_LENGTH:]
    (sequence,) = struct.unpack_from("!Q", trailer, 4)
    expected = signature(message, str(ipaddress.ip_address(source)), key, key_id, sequence)
    return sequence if hmac.compare_digest(trailer, expected) else None
