# SPDX-License-Identifier: Apache-2.0
"""Lengths that do not fit, truncated and tagged frames, and random ones: nothing wrong is ever sent on."""

import os
import random
import struct

import pytest

from conftest import only_ipv4, only_ipv6
from packets import ACK, SYN, Segment, frame, icmp, judge, ones_sum
from program import DROP, FULL_NAT, NAT, PASS, REDIRECT, TCP, UDP, Program

MAC = b"\x02\0\0\0\0\x01"


def shortest(plan) -> int:
    """BPF_PROG_TEST_RUN refuses frames without a whole IP header."""
    return 40 if ":" in plan.vip else 20


def with_bytes(packet: bytes, at: int, octets: bytes) -> bytes:
    """Changes octets of an IPv4 header, and its checksum with them."""
    packet = packet[:at] + octets + packet[at + len(octets):]
    if packet[0] >> 4 == 4 and at < 20:
        header = packet[:10] + b"\0\0" + packet[12:20]
        packet = header[:10] + struct.pack(">H", ~ones_sum(header) & 0xFFFF) + packet[12:]
    return packet


@pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])
def test_truncated_packets_go_to_the_stack(node, protocol, plan):
    node = node(protocol)
    packet = node.client(payload=b"x" * 30).packet()
    for octets in range(shortest(plan), len(packet)):
        result = node.send(packet[:octets])
        assert result.verdict == PASS, octets
    assert node.program.event("UP_MALFORMED") == len(packet) - shortest(plan)
    assert node.send(packet + b"padding").verdict == REDIRECT
    assert not node.program.embryo(plan.client, 1, plan.vip, 443)


@only_ipv4
def test_bad_lengths_of_ipv4(node, plan):
    node = node(TCP)
    good = node.client(payload=b"x" * 30).packet()
    for at, octets in ((0, b"\x44"), (0, b"\x40"), (0, b"\x4f"), (0, b"\x55"), (2, b"\0\0"), (2, b"\0\x13"), (2, b"\0\x27"),
                       (2, b"\xff\xff"), (20 + 12, b"\x40"), (20 + 12, b"\xf0"), (20 + 12, b"\0")):
        assert node.send(with_bytes(good, at, octets)).verdict == PASS, (at, octets)
    datagram = node.client().but(protocol=UDP, payload=b"x" * 30).packet()
    node.program.service(plan.vip, 443, UDP, table=(0, 31), sources=(0, 1))
    for length in (0, 7, 39, 0xFFFF):
        assert node.send(with_bytes(datagram, 24, struct.pack(">H", length))).verdict == PASS, length
    assert node.send(datagram).verdict == REDIRECT


@only_ipv6
def test_bad_lengths_of_ipv6(node, plan):
    node = node(TCP)
    good = node.client(payload=b"x" * 30).packet()
    for at, octets in ((0, b"\x50"), (4, b"\0\0"), (4, b"\0\x13"), (4, b"\xff\xff"), (40 + 12, b"\x40"), (40 + 12, b"\xf0")):
        assert node.send(with_bytes(good, at, octets)).verdict == PASS, (at, octets)
    extended = node.client(ip_options=((60, bytes([0, 0]) + bytes(6)),)).packet()
    assert node.send(extended).verdict == REDIRECT
    for length in range(1, 256, 7):
        assert node.send(with_bytes(extended, 41, bytes([length]))).verdict == PASS, length
    endless = node.client(ip_options=((60, bytes(8)),) * 6).packet()
    assert node.send(endless).verdict == PASS


@pytest.fixture(scope="session")
def stage(object_path):
    loaded = Program(os.path.join(os.path.dirname(object_path), "stage.bpf.o"), name="stage_vlan", maps=False)
    yield loaded
    loaded.close()


def test_frames_of_a_vlan_are_left_to_its_interface_but_a_mere_priority_is_not_a_vlan(node, stage):
    node = node(TCP)
    stage.map("next", 4, 4).put(bytes(4), struct.pack("<I", node.program.fd))
    for tci, verdict in ((5, PASS), (0x6005, PASS), (0x6000, REDIRECT)):
        stage.map("state", 4, 12).put(bytes(4), struct.pack("<III", 0, 0, tci))
        result = node.program.run(frame(node.client().packet(), MAC), node.interfaces.clients, fd=stage.fd)
        assert result.verdict == verdict, hex(tci)
    assert judge(result.frame).destination in node.addresses.backends, "and the tag is gone"


def test_a_second_tag_goes_to_the_stack(node):
    node = node(TCP)
    packet = node.client().packet()
    inner = struct.pack(">HH", 5, 0x86DD if packet[0] >> 4 == 6 else 0x0800) + packet
    assert node.program.run(frame(inner, MAC, ethertype=0x8100), node.interfaces.clients).verdict == PASS


def test_random_packets_are_forwarded_right_or_not_at_all(node, plan):
    """Valid packets with random damage. MAINSTAY_FUZZ_SEED replays, MAINSTAY_FUZZ_PACKETS says how many."""
    seed = int(os.environ.get("MAINSTAY_FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
    count = int(os.environ.get("MAINSTAY_FUZZ_PACKETS", "4000"))
    print(f"replay: MAINSTAY_FUZZ_SEED={seed} MAINSTAY_FUZZ_PACKETS={count} ./dev test kernel -k random_packets")
    chance = random.Random(seed)
    node = node(TCP, chance.choice([FULL_NAT, NAT]))
    node.program.service(plan.vip, 443, UDP, node.mode, table=(0, 31), sources=(0, 1), service_id=2)
    first = node.establish()
    verdicts = {PASS: 0, DROP: 0, REDIRECT: 0}
    for _ in range(count):
        packet, side = some_packet(chance, node, first)
        damaged = chance.random() < 0.7
        if damaged:
            packet = damage(chance, packet)
        if len(packet) < shortest(plan):
            continue
        sound = is_sound(packet)
        result = node.send(packet, side)
        verdicts[result.verdict] += 1
        if result.verdict == PASS:
            assert result.frame[14:] == packet, "what goes to the stack is untouched"
        if result.verdict == REDIRECT and sound:
            judge(result.frame, whole=is_whole(result.frame))
        if result.verdict == REDIRECT:
            at = 14 + (7 if ":" in plan.vip else 8)
            assert result.frame[at] > 0, "a hop limit of 0 leaves nobody"
    assert min(verdicts.values()) > 0, verdicts


def is_whole(octets: bytes) -> bool:
    if octets[14] >> 4 == 4:
        return struct.unpack_from(">H", octets, 20)[0] & 0x3FFF == 0
    seen = judge(octets, whole=False)
    return len(seen.header) == 40


def is_sound(packet: bytes) -> bool:
    try:
        judge(bytes(14) + packet, whole=False)
        judge(bytes(14) + packet, whole=is_whole(bytes(14) + packet))
        return True
    except (AssertionError, struct.error, IndexError, ValueError):
        return False


def some_packet(chance, node, first):
    kind = chance.randrange(6)
    protocol = chance.choice([TCP, UDP])
    payload = chance.randbytes(chance.choice([0, 1, 2, 63, 500]))
    flags = chance.choice([SYN, ACK, SYN | ACK, 4, 1 | ACK, chance.randrange(256)])
    client = node.client(chance.choice([40000, 40000, chance.randrange(1, 65536)]), flags=flags, payload=payload,
                         hops=chance.choice([64, 64, 64, 1, 0, 2]), sequence=chance.getrandbits(32),
                         acknowledgement=chance.getrandbits(32)).but(protocol=protocol)
    back = node.answer(first, flags=flags, payload=payload).but(protocol=protocol)
    if kind == 0:
        return back.packet(), "backends"
    if kind == 1:
        quoted = chance.choice([back.packet(), Segment(*first.ends).packet(), client.packet()])
        kinds = (1, 2, 3, 4, 128) if ":" in client.source else (3, 11, 12, 8, 5)
        destination = chance.choice([client.destination, first.source])
        return (icmp(chance.choice([client.source, first.destination]), destination, chance.choice(kinds), 0,
                     chance.randbytes(4), quoted[:chance.randrange(20, len(quoted) + 1)]), "backends")
    if kind == 2 and ":" not in client.source:
        options = chance.randbytes(4 * chance.randrange(11))
        return client.but(ip_options=options).packet(), "clients"
    if kind == 2:
        options = tuple((chance.choice([0, 60, 44, 43]), bytes([0, 0]) + chance.randbytes(6)) for _ in range(chance.randrange(5)))
        return client.but(ip_options=options).packet(), "clients"
    return client.packet(), "clients"


def damage(chance, packet: bytes) -> bytes:
    octets = bytearray(packet)
    for _ in range(chance.randrange(1, 4)):
        way = chance.randrange(4)
        if way == 0:
            octets[chance.randrange(min(len(octets), 100))] = chance.randrange(256)
        elif way == 1:
            octets[chance.randrange(min(len(octets), 60))] ^= 1 << chance.randrange(8)
        elif way == 2:
            del octets[chance.randrange(20, len(octets) + 1):]
        else:
            octets += chance.randbytes(chance.randrange(40))
        if len(octets) < 21:
            break
    if octets[0] >> 4 == 4 and chance.random() < 0.7:
        return with_bytes(bytes(octets), 0, bytes(octets[:1]))
    return bytes(octets)
