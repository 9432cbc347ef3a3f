# SPDX-License-Identifier: Apache-2.0
"""The choice, computed a second time from its description: SipHash-2-4, a Maglev table, a range of ports."""

from packets import SYN
from program import READY, TCP, UNHEALTHY, tuple_key

MASK = (1 << 64) - 1


def siphash(key: tuple[int, int], octets: bytes) -> int:
    v = [key[0] ^ 0x736F6D6570736575, key[1] ^ 0x646F72616E646F6D, key[0] ^ 0x6C7967656E657261, key[1] ^ 0x7465646279746573]

    def left(word: int, bits: int) -> int:
        return (word << bits | word >> 64 - bits) & MASK

    def rounds(count: int) -> None:
        for _ in range(count):
            for one, other, bits in ((0, 1, 13), (2, 3, 16)):
                v[one] = v[one] + v[other] & MASK
                v[other] = left(v[other], bits) ^ v[one]
            v[0] = left(v[0], 32)
            for one, other, bits in ((0, 3, 21), (2, 1, 17)):
                v[one] = v[one] + v[other] & MASK
                v[other] = left(v[other], bits) ^ v[one]
            v[2] = left(v[2], 32)

    padded = octets + bytes(-(len(octets) + 1) % 8) + bytes([len(octets) & 255])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at:at + 8], "little")
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xFF
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def test_the_hash_is_the_published_one():
    """The first and the last vector of the authors' table: key 00 01 .. 0f, message 00 01 .. (length - 1)."""
    key = int.from_bytes(bytes(range(8)), "little"), int.from_bytes(bytes(range(8, 16)), "little")
    assert siphash(key, b"") == 0x726FDB47DD0E0E31
    assert siphash(key, bytes(range(63))) == 0x958A324CEB064572


def expected(node, port: int, ready: set[int]) -> tuple[int, int]:
    """Backend slot and first source port of a flow from this client port."""
    value = siphash((1, 2), tuple_key(node.addresses.client, port, node.addresses.vip, 443, TCP))
    size = 31
    at, step = (value & 0xFFFFFFFF) % size, 1 + (value >> 24 & 0xFFFFFFFF) % (size - 1)
    while at % 3 not in ready:
        at = (at + step) % size
    mixed = (value >> 32) * 0x85EBCA6B & 0xFFFFFFFF
    return at % 3, node.ports[0] + (mixed ^ mixed >> 16) % node.ports[1]


def test_backend_and_port_follow_from_hash_and_table(node):
    node = node(TCP)
    for ready in ({0, 1, 2}, {0, 2}, {1}):
        for slot in node.slots:
            node.program.backend(slot, node.addresses.backends[slot], 8443, READY if slot in ready else UNHEALTHY)
        base = 30000 + 1000 * len(ready)
        for port in range(base, base + 60):
            seen = node.forwarded(node.client(port, flags=SYN))
            slot, source_port = expected(node, port, ready)
            assert seen.destination == node.addresses.backends[slot]
            if node.program.embryo(node.addresses.client, port, node.addresses.vip, 443, TCP).state == 0:
                assert seen.source_port == source_port
    assert node.program.event("FLOW_PROBED") < 20
