# SPDX-License-Identifier: Apache-2.0
"""Nanoseconds per packet in the kernel engine, beside an empty program and a minimal one."""

import argparse
import itertools
import os
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

NATIVE = Path(__file__).resolve().parent.parent / "native" / "bpf"
sys.path.insert(0, str(NATIVE / "tests"))

# pylint: disable=wrong-import-position
from network import attach_here, receiving_by_napi, two_sides  # noqa: E402
from packets import ACK, SYN, Segment, checksum, frame  # noqa: E402
from program import (  # noqa: E402
    DATA,
    FLOW_OCTETS,
    FULL_NAT,
    LIVE,
    PASS,
    TCP,
    XDP_REDIRECT,
    FastPath,
    Map,
    Program,
    Result,
    run_xdp,
    run_xdp_live,
    word16,
)

VIP, ROUTER = "198.18.0.100", "198.18.0.254"
BACKENDS = [f"198.18.1.{n}" for n in range(11, 51)]
SECOND_SOURCE = "198.18.0.101"
PORTS = (20000, 32768)
TABLE = 1009
PER_SERVICE = 10
LISTED = 10_000
FAR_FUTURE = 0x7FFFFFF0
EMPTY_XDP = "empty program, XDP"
WHOLE_WAY = "from frame to neighbour, "  # made, forwarded, and received by a peer that drops it; veth
LEAST_REPEAT = 100_000  # runs of one pass, in which each flow has its turn
LEAST_PASSES, PASSED = 5, 3_000_000  # the quickest of so many passes counts, or of as many as make so many runs


@dataclass(frozen=True)
class Flow:
    """The n-th flow: client, service, backend and source port follow from n."""

    n: int
    services: int

    @property
    def client(self) -> str:
        return f"198.19.{self.n >> 8 & 255}.{self.n & 255}"

    @property
    def client_port(self) -> int:
        return 1024 + (self.n >> 16)

    @property
    def service_port(self) -> int:
        return 10000 + self.n % self.services

    @property
    def slot(self) -> int:
        return self.n % self.services * PER_SERVICE + self.n // self.services % PER_SERVICE

    @property
    def backend(self) -> str:
        return BACKENDS[self.n % len(BACKENDS)]

    @property
    def port(self) -> int:
        return PORTS[0] + self.n // len(BACKENDS) * 7919 % PORTS[1]


class Stage:
    """Gives each repetition of a test run the next of a list of packets; see stage.bpf.c."""

    def __init__(self, directory: str, capacity: int):
        self.program = Program(f"{directory}/stage.bpf.o", {"staged": capacity}, name="stage_next", maps=False)
        self.next = self.program.map("next", 4, 4)
        self.state = self.program.map("state", 4, 12)
        self.staged = self.program.map("staged", 4, 60)
        self.next_xdp = self.program.map("next_xdp", 4, 4)
        self.arriving = self.program.map("arriving", 4, 8)

    def nothing(self) -> int:
        return self.program.fd_of("stage_nothing")

    def nothing_by_xdp(self) -> int:
        return self.program.fd_of("stage_nothing_xdp")

    def fill(self, packets: list[bytes]) -> None:
        self.staged.put_all(b"".join(struct.pack("<I", n) for n in range(len(packets))), b"".join(packets))
        self.count = len(packets)

    def measure(self, fd: int, mac: bytes, interface: int, repeat: int) -> int:
        return self.run(fd, mac, interface, repeat).duration_ns

    def run(self, fd: int, mac: bytes, interface: int, repeat: int) -> Result:
        self.next.put(bytes(4), struct.pack("<I", fd))
        self._begin()
        return self.program.run(self._blank(mac), interface, repeat=repeat)

    def measure_xdp(self, fd: int, mac: bytes, interface: int, repeat: int) -> int:
        self.next_xdp.put(bytes(4), struct.pack("<I", fd))
        self.arriving.put(bytes(4), mac + bytes(2))
        self._begin()
        result = run_xdp(self.program.fd_of("stage_next_xdp"), self._blank(mac), interface, repeat)
        assert fd == self.nothing_by_xdp() or result.verdict == XDP_REDIRECT, result.verdict
        return result.duration_ns

    def measure_live(self, fd: int, mac: bytes, interface: int, repeat: int) -> int:
        """The program says what becomes of the frame, and that is done."""
        self.next_xdp.put(bytes(4), struct.pack("<I", fd))
        self.arriving.put(bytes(4), mac + bytes(2))
        self._begin()
        return run_xdp_live(self.program.fd_of("stage_next_xdp"), self._blank(mac), interface, repeat)

    def _begin(self) -> None:
        self.state.put(bytes(4), struct.pack("<III", 0, self.count, 0))

    @staticmethod
    def _blank(mac: bytes) -> bytes:
        return frame(Segment(VIP, 1, VIP, 2, payload=bytes(20)).packet(), mac)


def packet_maker(flags: int):
    """A fast maker of IPv4 and TCP packets with right header checksums; the payload is 20 octets."""
    template = Segment("0.0.0.0", 0, "0.0.0.0", 0, flags=flags, payload=bytes(20)).packet()
    base = ~checksum(template[:10] + bytes(2) + template[12:20]) & 0xFFFF

    def make(source: bytes, source_port: int, destination: bytes, destination_port: int) -> bytes:
        total = base + sum(struct.unpack(">4H", source + destination))
        total = (total & 0xFFFF) + (total >> 16)
        total = (total & 0xFFFF) + (total >> 16)
        return b"".join((template[:10], struct.pack(">H", ~total & 0xFFFF), source, destination,
                         struct.pack(">HH", source_port, destination_port), template[24:]))

    return make


def four(address: str) -> bytes:
    return bytes(map(int, address.split(".")))


def fill_services(program: Program, services: int) -> None:
    program.set_up()
    program.role(VIP, ports=PORTS)
    program.role(SECOND_SOURCE, ports=PORTS)
    program.source(0, VIP, PORTS)
    program.source(1, SECOND_SOURCE, PORTS)  # with a million flows the first has few ports left
    for n in range(services):
        first = n * PER_SERVICE
        for slot in range(first, first + PER_SERVICE):
            program.backend(slot, BACKENDS[slot % len(BACKENDS)], 8443)
        program.tables.put_all(b"".join(struct.pack("<I", n * TABLE + i) for i in range(TABLE)),
                               b"".join(struct.pack("<I", first + i * 7 % PER_SERVICE) for i in range(TABLE)))
        program.service(VIP, 10000 + n, TCP, FULL_NAT, table=(n * TABLE, TABLE), sources=(0, 2), service_id=n)


def judge_everybody(program: Program, services: int) -> None:
    """Every limit there is, none of which is reached, and an access list of 10,000 networks in which no client is."""
    program.door(flows=1 << 30, flows_per_client=1 << 30, interval=1, interval_per_client=1)
    program.access(1, {f"10.{n >> 8}.{n & 255}.0/24": False for n in range(LISTED)}, others=True)
    for n in range(services):
        program.service(VIP, 10000 + n, TCP, FULL_NAT, table=(n * TABLE, TABLE), sources=(0, 2), service_id=n, door=1)


def fill_flows(table: Map, now: int, flows: list[Flow], interfaces: tuple[int, int], hop_known: bool) -> None:
    """Enters established flows, as the program itself would at this tick."""
    vip = word16(VIP)
    until = 0 if not hop_known else None
    gateway, router = {backend: word16(backend) for backend in BACKENDS}, word16(ROUTER)
    pack_ends, pack_rest = struct.Struct(">HH").pack, struct.Struct("<7IBBHII").pack
    for part in batches(flows, 50_000):
        keys, values = [], []
        for flow in part:
            client, backend = word16(flow.client), gateway[flow.backend]
            hop = until if until is not None else now + 0x3FFFFFFF & 0xFFFFFFFF
            rest = pack_rest(flow.slot, flow.slot + 1000, 0, LIVE | DATA, now, 1, 0, FULL_NAT, 0, 1500, hop, interfaces[1] if hop_known else 0)
            back = pack_rest(flow.slot, flow.slot + 1000, 0, DATA, now, 1, 0, FULL_NAT, 1, 1500, hop, interfaces[0] if hop_known else 0)
            keys += (client + vip + pack_ends(flow.client_port, flow.service_port) + b"\x06\0\0\0",
                     backend + vip + pack_ends(8443, flow.port) + b"\x06\0\0\0")
            values += (vip + backend + pack_ends(flow.port, 8443) + rest + backend + bytes(12),
                       vip + client + pack_ends(flow.service_port, flow.client_port) + back + router + bytes(12))
        table.put_all(b"".join(keys), b"".join(values))


def batches(items, size: int):
    iterator = iter(items)
    while part := list(itertools.islice(iterator, size)):
        yield part


def fill_yardstick(program: Program, flows: list[Flow], services: int, interface: int) -> None:
    vips, connections, reals = program.map("vips", 8, 4), program.map("connections", 16, 4), program.map("reals", 4, 12)
    for n in range(services):
        vips.put(four(VIP) + struct.pack(">H", 10000 + n) + struct.pack("<H", 6), struct.pack("<I", n))
        for slot in range(n * PER_SERVICE, (n + 1) * PER_SERVICE):
            reals.put(struct.pack("<I", slot), b"\x02\0\0\0\x01\x0b\0\0" + struct.pack("<I", interface))
    for part in batches(flows, 50_000):
        connections.put_all(
            b"".join(four(flow.client) + four(VIP) + struct.pack(">HH", flow.client_port, flow.service_port) + struct.pack("<I", 6)
                     for flow in part),
            b"".join(struct.pack("<I", flow.slot) for flow in part))


def fill_small_table(table: Map, flows: list[Flow]) -> None:
    """Both directions of each, as in `flows`."""
    for part in batches(flows, 50_000):
        table.put_all(
            b"".join(four(flow.client) + four(VIP) + struct.pack(">HH", flow.client_port, flow.service_port) + struct.pack("<I", 6)
                     + four(flow.backend) + four(VIP) + struct.pack(">HH", 8443, flow.port) + struct.pack("<I", 6) for flow in part),
            b"".join(struct.pack("<II", flow.slot, flow.slot) for flow in part))


def least(run, fd: int, mac: bytes, interface: int, repeat: int) -> int:
    passes = max(LEAST_PASSES, PASSED // repeat)
    return min(run(fd, mac, interface, repeat) for _ in range(passes))


def entries_for(flows: int) -> int:
    """As the daemon makes its table: two for each flow, and buckets enough (TableSize.java)."""
    wanted = 2 * flows
    power = 1 << wanted.bit_length() - 1
    return power + 1 if wanted == power else wanted if wanted - power < power // 2 else 2 * power + 1


def measure(directory: str, services: int, count: int, interfaces: tuple[int, int], entries: int) -> dict[str, int]:
    """`entries`: for how many tables are made."""
    clients, backends = (b"\x02\0\0\0\0\x01", interfaces[0]), (b"\x02\0\0\0\0\x02", interfaces[1])
    flows = [Flow(n, services) for n in range(count)]
    new = [Flow(n, services) for n in range(count, count + 100_000)]
    judged = [Flow(n, services) for n in range(count + 100_000, count + 200_000)]
    stage = Stage(directory, max(count, len(new)))
    program = Program(f"{directory}/forward.bpf.o", {"flows": entries, "embryos": 1 << 19, "tables": services * TABLE})
    fast = FastPath(f"{directory}/fastpath.bpf.o", program)
    for mac, interface in (clients, backends):
        fast.own(interface, mac)
    fill_services(program, services)
    segment, syn = packet_maker(ACK), packet_maker(SYN)
    vip = four(VIP)
    rows = {}

    def row(name: str, fd: int, side) -> None:
        rows[name] = least(stage.measure, fd, *side, repeat=max(count, LEAST_REPEAT))

    def row_xdp(name: str, fd: int, side) -> None:
        rows[name] = least(stage.measure_xdp, fd, *side, repeat=max(count, LEAST_REPEAT))

    stage.fill([segment(four(flow.client), flow.client_port, vip, flow.service_port) for flow in flows])
    row("empty program", stage.nothing(), clients)
    row_xdp(EMPTY_XDP, stage.nothing_by_xdp(), clients)
    now = program.ticks()[0] & 0xFFFFFFFF
    fill_flows(program.flows, now, flows, interfaces, hop_known=False)
    stage.state.put(bytes(4), struct.pack("<III", 0, count, 0))
    rows["established, route looked up"] = stage.measure(program.fd, *clients, repeat=count)
    fill_flows(program.flows, now, flows, interfaces, hop_known=True)
    row("established forward", program.fd, clients)
    row_xdp("established forward, XDP", fast.fd, clients)
    attach_here(clients[1], program.fd)
    for name, fd in ((WHOLE_WAY + "tc", stage.nothing_by_xdp()), (WHOLE_WAY + "XDP", fast.fd)):
        before = sum(program.traffic_of(slot)["packets_in"] for slot in range(services * PER_SERVICE))
        rows[name] = least(stage.measure_live, fd, *clients, repeat=max(count, LEAST_REPEAT))
        sent = sum(program.traffic_of(slot)["packets_in"] for slot in range(services * PER_SERVICE)) - before
        assert sent >= LEAST_PASSES * LEAST_REPEAT, sent
    stage.fill([segment(four(flow.backend), 8443, vip, flow.port) for flow in flows])
    row("established return", program.fd, backends)
    row_xdp("established return, XDP", fast.fd, backends)
    yardstick = Program(f"{directory}/yardstick.bpf.o", {"connections": entries}, name="yardstick", maps=False)
    fill_yardstick(yardstick, flows, services, interfaces[1])
    stage.fill([segment(four(flow.client), flow.client_port, vip, flow.service_port) for flow in flows])
    row("minimal program", yardstick.fd, clients)
    row_xdp("minimal program, XDP", yardstick.fd_of("yardstick_xdp"), clients)
    yardstick.close()
    for name, octets in (("large", (40, FLOW_OCTETS)), ("small", (16, 4))):
        table = Program(f"{directory}/table.bpf.o", {name: entries}, name=f"table_{name}", maps=False)
        flows_of_table = table.map(name, *octets)
        if name == "large":
            fill_flows(flows_of_table, now, flows, interfaces, hop_known=True)
        else:
            fill_small_table(flows_of_table, flows)
        assert stage.run(table.fd, *clients, repeat=count).verdict == PASS, "the last flow is not in the table"
        row(f"table alone, {octets[0]} + {octets[1]} octets", table.fd, clients)
        table.close()
    stage.fill([segment(four(flow.client), flow.client_port, four("198.18.0.1"), 22) for flow in flows])
    row("no match", program.fd, clients)
    stage.fill([segment(four(flow.client), flow.client_port, vip, 22) for flow in flows])
    row("no match, address ours", program.fd, clients)
    stage.fill([syn(four(flow.client), flow.client_port, vip, flow.service_port) for flow in new])
    before = program.event("DROP_NO_PORT")
    rows["new flow"] = stage.measure(program.fd, *clients, repeat=len(new))
    opened = sum(program.traffic_of(slot)["new"] for slot in range(services * PER_SERVICE))
    assert opened == len(new) and program.event("DROP_NO_PORT") == before, (opened, program.events_seen())
    judge_everybody(program, services)
    stage.fill([syn(four(flow.client), flow.client_port, vip, flow.service_port) for flow in judged])
    rows["new flow, judged"] = stage.measure(program.fd, *clients, repeat=len(judged))
    opened = sum(program.traffic_of(slot)["new"] for slot in range(services * PER_SERVICE))
    assert opened == len(new) + len(judged), (opened, program.events_seen())
    unexpected = {name: n for name, n in program.events_seen().items() if name not in ("FLOW_PROBED", "FAST_PATH")}
    assert not unexpected, unexpected
    fast.close()
    program.close()
    stage.program.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, nargs="*", default=[1, 100, 1000])
    parser.add_argument("--flows", type=int, nargs="*", default=[100, 100_000, 1_000_000])
    parser.add_argument("--room", type=int, help="entries that tables are made for, for each flow; 2 are in use (default: as the daemon)")
    options = parser.parse_args()
    directory = os.environ["MAINSTAY_BPF_DIRECTORY"]
    interfaces = two_sides()
    receiving_by_napi("backends-far")
    columns = {}
    for flows, services in itertools.product(options.flows, options.services):
        print(f"measuring {services} services, {flows:,} flows", file=sys.stderr)
        entries = options.room * flows if options.room else entries_for(flows)
        columns[services, flows] = measure(directory, services, flows, interfaces, entries)
    print("ns per packet, each packet of the next flow; above the empty program in brackets")
    print(f"{'services / flows':<32}" + "".join(f"{f'{services} / {flows:,}':>20}" for services, flows in columns))
    for name in next(iter(columns.values())):
        cells = []
        for rows in columns.values():
            empty = EMPTY_XDP if name.endswith("XDP") else "empty program"
            above = "" if name == empty or name.startswith(WHOLE_WAY) else f" ({rows[name] - rows[empty]:+d})"
            cells.append(f"{f'{rows[name]}{above}':>20}")
        print(f"{name:<32}" + "".join(cells))


if __name__ == "__main__":
    main()
