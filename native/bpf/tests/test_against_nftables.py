# SPDX-License-Identifier: Apache-2.0
"""Real connections through the program and through NAT by nftables: client and backend must not see a difference."""

import hashlib
import socket
import struct
import threading

import pytest

from network import Network, Serving, attach
from packets import Segment, judge
from program import FULL_NAT, NAT, TCP, UDP, Program

FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
SERVICE, REFUSED, UNSERVED = 443, 444, 445
RANGE = (20000, 8192)


def by_nftables(network: Network, family: int, mode: int) -> None:
    vip, (one, _) = network.VIPS[family], network.BACKENDS[family]
    ip, target = ("ip", one) if family == socket.AF_INET else ("ip6", f"[{one}]")
    network.lb.sysctl(ipv4__ip_forward=1, ipv6__conf__all__forwarding=1)
    masquerade = f"{ip} daddr {one} snat to {vip}" if mode == FULL_NAT else ""
    network.lb.run("nft -f -", stdin=f"""
        table inet lb {{
            chain to {{
                type nat hook prerouting priority -100;
                {ip} daddr {vip} meta l4proto {{ tcp, udp }} th dport 443 dnat {ip} to {target}:8443
                {ip} daddr {vip} meta l4proto {{ tcp, udp }} th dport 444 dnat {ip} to {target}:9
            }}
            chain from {{
                type nat hook postrouting priority 100;
                {masquerade}
            }}
        }}
        """)


def by_the_program(network: Network, family: int, mode: int, load) -> Program:
    program = load()
    configure(program, network, family, mode)
    for device in ("clients", "backends"):
        attach(network.lb, device, program.fd)
    return program


def configure(program: Program, network: Network, family: int, mode: int) -> None:
    vip, (one, _) = network.VIPS[family], network.BACKENDS[family]
    program.set_up(nat=mode == NAT)
    program.role(vip, ports=RANGE)
    program.role(one, ours=False, backend=True)
    program.source(0, vip, RANGE)
    for slot, (port, to) in enumerate(((SERVICE, 8443), (REFUSED, 9))):
        program.backend(slot, one, to)
        program.table(slot * 3, [slot] * 3)
        for protocol in (TCP, UDP):
            program.service(vip, port, protocol, mode, table=(slot * 3, 3), sources=(0, 1))


def answer_tcp(server: socket.socket) -> None:
    connection, peer = server.accept()
    threading.Thread(target=converse, args=(connection, peer), daemon=True).start()


def converse(connection: socket.socket, peer) -> None:
    with connection:
        try:
            word = connection.recv(1)
            if word == b"w":  # who am I to you
                connection.sendall(peer[0].encode())
            elif word == b"e":  # echo to the end, then a last word after the client's FIN
                while octets := connection.recv(65536):
                    connection.sendall(octets)
                connection.sendall(b"bye")
            elif word == b"r":  # reset
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif word == b"m":  # much
                connection.sendall(bytes(8_000_000))
            elif word == b"s":  # sink
                total = hashlib.sha256()
                while octets := connection.recv(1 << 20):
                    total.update(octets)
                connection.sendall(total.digest())
        except OSError:
            pass


def answer_udp(server: socket.socket) -> None:
    octets, peer = server.recvfrom(65535)
    if not peer:
        raise OSError("shut down")
    server.sendto(peer[0].encode() if octets == b"w" else octets, peer)


@pytest.fixture(params=["offload", "completed_here", "completed_there"])
def network(request):
    """Checksums are left to be completed to the very end, or completed as packets leave here, or before they arrive."""
    one = Network()
    if request.param == "completed_here":
        one.complete_checksums(one.lb, "clients", "backends")
    if request.param == "completed_there":
        one.complete_checksums(one.client, "eth0")
        one.complete_checksums(one.backend, "eth0")
    yield one
    one.close()


def observe(network: Network, family: int) -> dict:
    """What the client sees. Addresses are named by their part, so that all ways can be compared."""
    one, vip = network.BACKENDS[family][0], network.VIPS[family]
    with network.backend.entered():
        tcp = Serving(socket.create_server((one, 8443), family=family, backlog=64), answer_tcp)
        datagram = socket.socket(family, socket.SOCK_DGRAM)
        datagram.bind((one, 8443))
        udp = Serving(datagram, answer_udp)
    names = {vip: "vip", network.CLIENTS[family]: "client"}
    seen = {}

    def connect(port: int = SERVICE) -> socket.socket:
        with network.client.entered():
            client = socket.socket(family, socket.SOCK_STREAM)
        client.settimeout(10)
        client.connect((vip, port))
        return client

    try:
        with connect() as client:
            client.sendall(b"w")
            seen["tcp: the backend sees"] = names[read_all(client).decode()]
        with connect() as client:
            for size in (0, 1, 7, 1400, 70_000):
                client.sendall((b"" if size else b"e") + bytes(range(256)) * (size // 256) + b"x" * (size % 256))
            echoed = threading.Thread(target=lambda: seen.update({"tcp: echo": digest(read_all(client))}))
            echoed.start()
            client.shutdown(socket.SHUT_WR)
            echoed.join(20)
        with connect() as client:
            client.sendall(b"r")
            seen["tcp: reset by the backend"] = outcome(lambda: client.recv(1))
        with connect() as client:
            client.sendall(b"m")
            seen["tcp: much to the client"] = digest(read_all(client))
        with connect() as client:
            client.sendall(b"s" + bytes(range(256)) * 30_000)
            client.shutdown(socket.SHUT_WR)
            seen["tcp: much to the backend"] = read_all(client).hex()
        seen["tcp: refused by the backend"] = outcome(lambda: connect(REFUSED))
        seen["tcp: no such service"] = outcome(lambda: connect(UNSERVED))
        with network.client.entered():
            client = socket.socket(family, socket.SOCK_DGRAM)
        with client:
            client.settimeout(10)
            client.connect((vip, SERVICE))
            client.send(b"w")
            seen["udp: the backend sees"] = names[client.recv(100).decode()]
            for size in (0, 1, 1000, 1473, 5000, 20_000):
                octets = bytes(n * 7 % 256 for n in range(size))
                client.send(octets)
                seen[f"udp: echo of {size}"] = client.recv(65535) == octets
        with network.client.entered():
            client = socket.socket(family, socket.SOCK_DGRAM)
        with client:
            client.settimeout(10)
            client.connect((vip, REFUSED))
            client.send(b"x")
            seen["udp: port unreachable"] = outcome(lambda: client.recv(1))
    finally:
        tcp.close()
        udp.close()
    return seen


def read_all(client: socket.socket) -> bytes:
    octets = bytearray()
    while part := client.recv(1 << 20):
        octets += part
    return bytes(octets)


def digest(octets: bytes) -> tuple[int, str]:
    return len(octets), hashlib.sha256(octets).hexdigest()[:16]


def outcome(action) -> str:
    try:
        return f"returned {action()!r}"
    except OSError as error:
        return type(error).__name__


@pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_clients_and_backends_see_the_same(network, load, family, mode):
    program = by_the_program(network, family, mode, load)
    ours = observe(network, family)
    other = Network()
    try:
        by_nftables(other, family, mode)
        theirs = observe(other, family)
    finally:
        other.close()
    assert ours == theirs
    assert ours["tcp: the backend sees"] == ("vip" if mode == FULL_NAT else "client")
    events = program.events_seen()
    assert not [name for name in events if name.startswith("DROP")], events


def test_without_a_healthy_backend_a_connection_is_refused_at_once(network, load):
    """The SYN comes with a partial checksum where offload is on: the reset must be right all the same."""
    for family in FAMILIES.values():
        program = by_the_program(network, family, FULL_NAT, load)
        program.table(0, [7, 7, 7])
        with network.client.entered(), socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(10)
            with pytest.raises(ConnectionRefusedError):
                client.connect((network.VIPS[family], SERVICE))
        network.lb.run("tc qdisc del dev clients clsact", "tc qdisc del dev backends clsact")


def test_a_live_connection_of_a_dead_backend_is_reset_on_both_sides(network, load):
    program = by_the_program(network, socket.AF_INET, FULL_NAT, load)
    with network.backend.entered():
        server = socket.create_server((network.BACKENDS[socket.AF_INET][0], 8443))
    with network.client.entered(), server, socket.create_connection((network.VIPS[socket.AF_INET], SERVICE), 10) as client:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(10)
            client.sendall(b"hello")
            assert connection.recv(100) == b"hello"
            program.backend(0, network.BACKENDS[socket.AF_INET][0], 8443, 4)
            client.sendall(b"more")
            with pytest.raises(ConnectionResetError):
                client.recv(1)
            connection.sendall(b"anyone?")
            with pytest.raises(ConnectionResetError):
                connection.recv(1)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_narrow_way_out_is_told_and_heeded(network, load, family):
    """The clients' link takes 1400 octets, and both ends think of 1500: only an ICMP error that is right gets through."""
    program = by_the_program(network, family, FULL_NAT, load)
    network.lb.run("ip link set clients mtu 1400")
    with network.backend.entered():
        tcp = Serving(socket.create_server((network.BACKENDS[family][0], 8443), family=family), answer_tcp)
    try:
        with network.client.entered(), socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(10)
            client.connect((network.VIPS[family], SERVICE))
            client.sendall(b"m")
            assert len(read_all(client)) == 8_000_000
    finally:
        tcp.close()
    assert program.event("SENT_TOO_BIG") > 0


def test_a_frame_with_a_priority_tag_arrives_without_it(network, load):
    """VLAN 0 is no VLAN: the tag ends here, as it would in a router."""
    family = socket.AF_INET
    by_the_program(network, family, FULL_NAT, load)
    with network.backend.entered():
        capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # before the stack drops the tag
        capture.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA
        capture.settimeout(10)
    with network.client.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender, capture:
        sender.bind(("eth0", 0))
        lb = hardware_address(network)
        packet = Segment(network.CLIENTS[family], 5555, network.VIPS[family], SERVICE, UDP, payload=b"tagged").packet()
        sender.send(lb + sender.getsockname()[4] + struct.pack(">HHH", 0x8100, 0x6000, 0x0800) + packet)
        while True:
            octets, auxiliary, _, _ = capture.recvmsg(2048, 256)
            if octets.endswith(b"tagged"):
                break
    status = struct.unpack_from("I", auxiliary[0][2])[0]
    assert octets[12:14] == b"\x08\0" and not status & 0x10, "TP_STATUS_VLAN_VALID"
    assert judge(octets).destination == network.BACKENDS[family][0]


def hardware_address(network: Network) -> bytes:
    words = network.lb.run("ip -o link show dev clients").split()
    return bytes.fromhex(words[words.index("link/ether") + 1].replace(":", ""))
