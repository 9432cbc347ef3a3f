# SPDX-License-Identifier: Apache-2.0
"""The program in the kernel: loaded by libbpf, its maps, and BPF_PROG_TEST_RUN. The structures are those of abi.h."""

import ctypes
import ipaddress
import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

PASS, DROP, REDIRECT = 0xFFFFFFFF, 2, 7  # TC_ACT_UNSPEC: the next filter, then the stack
XDP_PASS, XDP_TX, XDP_REDIRECT = 2, 3, 4
OWN_INTERFACES = 1024
TEST_XDP_LIVE_FRAMES = 2
FULL_NAT, NAT, DSR = range(3)
ABSENT, READY, DRAINING, UNHEALTHY, DOWN = range(5)
BACKEND_SPOKE, CLIENT_FIN, BACKEND_FIN, RESET, LIVE, ENDED, ADOPTED, PROBED = (1 << bit for bit in range(8))
COUNTED, REFUSED = 1 << 19, 1 << 20
DATA = 1 << 18
FLOW_OCTETS, LATENCY_BUCKETS = 104, 24
TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58

_libbpf = ctypes.CDLL("libbpf.so.1", use_errno=True)
for _name in ("bpf_object__open_file", "bpf_object__find_map_by_name", "bpf_object__find_program_by_name",
              "bpf_object__next_map"):
    getattr(_libbpf, _name).restype = ctypes.c_void_p
_libbpf.bpf_map__name.restype = ctypes.c_char_p
_libbpf.libbpf_set_print(None)


def word16(address: str) -> bytes:
    parsed = ipaddress.ip_address(address)
    return parsed.packed if parsed.version == 6 else bytes(10) + b"\xff\xff" + parsed.packed


def text(packed: bytes) -> str:
    parsed = ipaddress.IPv6Address(packed)
    return str(parsed.ipv4_mapped or parsed)


def names_of(enumeration: str, prefix: str, end: str) -> list[str]:
    source = (Path(__file__).parent.parent / "abi.h").read_text()
    body = source.split(f"enum {enumeration} {{")[1].split(f"{end},")[0]
    return [line.strip().split(",")[0].removeprefix(prefix) for line in body.splitlines() if line.strip().startswith(prefix)]


EVENTS = names_of("event", "EVENT_", "EVENTS")
REFUSALS = names_of("refusal", "REFUSED_", "REFUSALS")
FORGET, COUNT, UNCOUNT, SWEEP = range(4)
LPM_TRIE, NO_PREALLOC = 11, 1


class MapOptions(ctypes.Structure):
    """struct bpf_map_create_opts of libbpf, as far as it is filled in here."""

    _fields_ = [("sz", ctypes.c_size_t), ("btf_fd", ctypes.c_uint32), ("btf_key_type_id", ctypes.c_uint32),
                ("btf_value_type_id", ctypes.c_uint32), ("btf_vmlinux_value_type_id", ctypes.c_uint32),
                ("inner_map_fd", ctypes.c_uint32), ("map_flags", ctypes.c_uint32), ("map_extra", ctypes.c_uint64),
                ("numa_node", ctypes.c_uint32), ("map_ifindex", ctypes.c_uint32)]

    def __init__(self, flags: int):
        super().__init__(sz=ctypes.sizeof(MapOptions), map_flags=flags)


class TestRun(ctypes.Structure):
    _fields_ = [("sz", ctypes.c_size_t), ("data_in", ctypes.c_void_p), ("data_out", ctypes.c_void_p),
                ("data_size_in", ctypes.c_uint32), ("data_size_out", ctypes.c_uint32), ("ctx_in", ctypes.c_void_p),
                ("ctx_out", ctypes.c_void_p), ("ctx_size_in", ctypes.c_uint32), ("ctx_size_out", ctypes.c_uint32),
                ("retval", ctypes.c_uint32), ("repeat", ctypes.c_int), ("duration", ctypes.c_uint32),
                ("flags", ctypes.c_uint32), ("cpu", ctypes.c_uint32), ("batch_size", ctypes.c_uint32)]


XDP_MD = struct.Struct("<6I")  # data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex
SK_BUFF_OCTETS, AT_INGRESS_IFINDEX, AT_IFINDEX, AT_GSO_SEGS, AT_GSO_SIZE = 192, 36, 40, 164, 176


@dataclass(frozen=True)
class Flow:
    source: str
    source_port: int
    destination: str
    destination_port: int
    backend: int
    backend_id: int
    state: int
    seen: int
    acknowledged: int
    mode: int
    to_client: bool
    mtu: int
    hop_interface: int
    gateway: str

    AT_SEEN: ClassVar[int] = 52
    AT_HOP_UNTIL: ClassVar[int] = 68

    @staticmethod
    def unpack(octets: bytes) -> "Flow":
        sport, dport = struct.unpack_from(">HH", octets, 32)
        backend, backend_id, _sum, state, seen, ack = struct.unpack_from("<6I", octets, 36)
        mode, to_client, mtu, _until, interface = struct.unpack_from("<BBHII", octets, 64)
        return Flow(text(octets[:16]), sport, text(octets[16:32]), dport, backend, backend_id, state, seen, ack, mode,
                    bool(to_client), mtu, interface, text(octets[76:92]))


def tuple_key(source: str, source_port: int, destination: str, destination_port: int, protocol: int = TCP) -> bytes:
    return word16(source) + word16(destination) + struct.pack(">HHB3x", source_port, destination_port, protocol)


class Map:
    def __init__(self, fd: int, key: int, value: int, per_cpu: bool = False):
        self.fd, self.key, self.value = fd, key, value
        self.cpus = os.cpu_count() if per_cpu else 1
        self.size = (value + 7 & ~7) * self.cpus if per_cpu else value

    def put(self, key: bytes, value: bytes) -> None:
        assert len(key) == self.key and len(value) == self.size, (len(key), len(value), self.key, self.size)
        if _libbpf.bpf_map_update_elem(self.fd, key, value, ctypes.c_uint64(0)) != 0:
            raise OSError(ctypes.get_errno(), "bpf_map_update_elem")

    def get(self, key: bytes) -> bytes | None:
        value = ctypes.create_string_buffer(self.size)
        return value.raw if _libbpf.bpf_map_lookup_elem(self.fd, key, value) == 0 else None

    def put_all(self, keys: bytes, values: bytes) -> None:
        """Many entries laid end to end."""
        count = ctypes.c_uint32(len(keys) // self.key)
        assert len(values) == count.value * self.size
        result = _libbpf.bpf_map_update_batch(self.fd, keys, values, ctypes.byref(count), None)
        if result != 0:
            raise OSError(-result, f"bpf_map_update_batch: {os.strerror(-result)} after {count.value}")

    def delete(self, key: bytes) -> bool:
        return _libbpf.bpf_map_delete_elem(self.fd, key) == 0

    def keys(self) -> list[bytes]:
        found, key = [], None
        following = ctypes.create_string_buffer(self.key)
        while _libbpf.bpf_map_get_next_key(self.fd, key, following) == 0:
            key = following.raw
            found.append(key)
        return found

    def total(self, key: bytes, fields: int) -> list[int]:
        value = self.get(key)
        each = [struct.unpack_from(f"<{fields}Q", value, cpu * (len(value) // self.cpus)) for cpu in range(self.cpus)]
        return [sum(column) for column in zip(*each)]


@dataclass(frozen=True)
class Result:
    verdict: int
    frame: bytes
    duration_ns: int


def run_xdp_live(fd: int, frame: bytes, interface: int, repeat: int) -> int:
    """Has the kernel do with each frame what the program says, as if it had arrived (since 5.18). Returns nanoseconds for one."""
    return _test_run(fd, frame, bytearray(XDP_MD.pack(0, len(frame), 0, interface, 0, 0)), repeat, TEST_XDP_LIVE_FRAMES).duration_ns


def _test_run(fd: int, frame: bytes, context: bytearray, repeat: int, flags: int = 0) -> Result:
    context_in = (ctypes.c_char * len(context)).from_buffer(context)
    data_in = ctypes.create_string_buffer(frame, len(frame))
    data_out = ctypes.create_string_buffer(len(frame) + 256)
    run = TestRun(sz=ctypes.sizeof(TestRun), data_in=ctypes.addressof(data_in), data_size_in=len(frame),
                  data_out=ctypes.addressof(data_out), data_size_out=len(data_out),
                  ctx_in=ctypes.addressof(context_in), ctx_size_in=len(context), repeat=repeat, flags=flags)
    if flags & TEST_XDP_LIVE_FRAMES:
        run.data_out, run.data_size_out = None, 0  # all of them are gone
    result = _libbpf.bpf_prog_test_run_opts(fd, ctypes.byref(run))
    if result != 0:
        raise OSError(-result, f"BPF_PROG_TEST_RUN: {os.strerror(-result)}")
    return Result(run.retval, data_out.raw[:run.data_size_out], run.duration)


def kernel_release() -> tuple[int, int]:
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int(re.sub(r"\D.*", "", minor))


def run_xdp(fd: int, frame: bytes, interface: int, repeat: int = 1) -> Result:
    return _test_run(fd, frame, bytearray(XDP_MD.pack(0, len(frame), 0, interface, 0, 0)), repeat)


class Program:
    """One loaded copy, with maps of its own."""

    def __init__(self, path: str, sizes: dict[str, int] | None = None, name: str = "mainstay_ingress",
                 maps: bool = True):
        self.object = ctypes.c_void_p(_libbpf.bpf_object__open_file(os.fsencode(path), None))
        assert self.object.value, f"cannot open {path}"
        for map_name, entries in (sizes or {}).items():
            assert _libbpf.bpf_map__set_max_entries(self._map(map_name), entries) == 0
        self.log = ctypes.create_string_buffer(1 << 20)
        program = self.program(name)
        _libbpf.bpf_program__set_log_buf(program, self.log, ctypes.c_size_t(len(self.log)))
        _libbpf.bpf_program__set_log_level(program, 4)
        result = _libbpf.bpf_object__load(self.object)
        assert result == 0, f"load: {os.strerror(-result)}\n{self.log.value.decode()[-4000:]}"
        self.fd = _libbpf.bpf_program__fd(program)
        if maps:
            self._open_maps()

    def _open_maps(self) -> None:
        self.settings = self.map("settings", 4, 32)
        self.addresses = self.map("addresses", 16, 12)
        self.filter = self.map("filter", 4, 8)
        self.virtual_macs = self.map("virtual_macs", 4, 8)
        self.clock = self.map("clock", 4, 16)
        self.gates = self.map("gates", 4, 4)
        self.services = self.map("services", 20, 32)
        self.formers = self.map("formers", 16, 20)
        self.fronts = self.map("fronts", 20, 20)
        self.tables = self.map("tables", 4, 4)
        self.sources = self.map("sources", 4, 20)
        self.backends = self.map("backends", 4, 28)
        self.flows = self.map("flows", 40, FLOW_OCTETS)
        self.embryos = self.map("embryos", 40, FLOW_OCTETS)
        self.fragments = self.map("fragments", 40, 8)
        self.traffic = self.map("traffic", 4, 56, per_cpu=True)
        self.latency = self.map("latency", 4, 2 * 8 * LATENCY_BUCKETS, per_cpu=True)
        self.events = self.map("events", 4, 8, per_cpu=True)
        self.doors = self.map("doors", 4, 40)
        self.door_states = self.map("door_states", 4, 16)
        self.refusals = self.map("refusals", 4, 8 * len(REFUSALS), per_cpu=True)
        self.client_counts = self.map("client_counts", 24, 8)
        self.client_rates = self.map("client_rates", 24, 8)
        self.backend_loads = self.map("backend_loads", 4, 4)
        self.access_lists = self.map("access_lists", 4, 4)

    def _map(self, name: str) -> ctypes.c_void_p:
        return ctypes.c_void_p(_libbpf.bpf_object__find_map_by_name(self.object, name.encode()))

    def map(self, name: str, key: int, value: int, per_cpu: bool = False) -> Map:
        return Map(_libbpf.bpf_map__fd(self._map(name)), key, value, per_cpu)

    def program(self, name: str) -> ctypes.c_void_p:
        return ctypes.c_void_p(_libbpf.bpf_object__find_program_by_name(self.object, name.encode()))

    def empty(self) -> None:
        """As if loaded anew: loading again takes the verifier a moment."""
        for hashed in (self.addresses, self.services, self.formers, self.fronts, self.flows, self.embryos, self.fragments, self.doors,
                       self.door_states, self.refusals, self.client_counts, self.client_rates, self.access_lists,
                       self.latency):
            for key in hashed.keys():
                hashed.delete(key)
        for array, entries in ((self.settings, 1), (self.filter, 1024), (self.virtual_macs, 8), (self.gates, 4), (self.tables, 256), (self.sources, 16), (self.backends, 64),
                               (self.traffic, 64), (self.events, len(EVENTS)),
                               (self.backend_loads, 64)):
            for index in range(entries):
                array.put(struct.pack("<I", index), bytes(array.size))

    def fd_of(self, name: str) -> int:
        return _libbpf.bpf_program__fd(self.program(name))

    def close(self) -> None:
        _libbpf.bpf_object__close(self.object)

    def verified_instructions(self) -> int:
        return int(self.log.value.decode().split("processed ")[1].split()[0])

    def run(self, frame: bytes, interface: int = 0, gso_size: int = 0, repeat: int = 1, fd: int | None = None) -> Result:
        context = bytearray(SK_BUFF_OCTETS)
        struct.pack_into("<I", context, AT_IFINDEX, interface)
        struct.pack_into("<I", context, AT_GSO_SIZE, gso_size)
        return _test_run(self.fd if fd is None else fd, frame, context, repeat)

    def ticks(self) -> tuple[int, int]:
        """Now, in ticks and in nanoseconds."""
        self.run(bytes(64), fd=self.fd_of("mainstay_clock"))
        return struct.unpack("<QQ", self.clock.get(bytes(4)))

    # What the daemon writes.

    def set_up(self, secret: tuple[int, int] = (1, 2), nat: bool = False, embryo: int = 60_000, udp: int = 60_000) -> None:
        self.gate(True)
        self.settings.put(bytes(4), struct.pack("<QQIIII", *secret, int(nat), embryo, udp, 1000))

    def role(self, address: str, ours: bool = True, backend: bool = False, ports: tuple[int, int] = (0, 0), gate: int = 0) -> None:
        self.addresses.put(word16(address), struct.pack("<IIHH", ours | backend << 1, gate, *ports))
        words = struct.unpack("<4I", word16(address))
        bit = ((words[0] ^ words[1] ^ words[2] ^ words[3]) * 0x9E3779B9 & 0xFFFFFFFF) >> 16
        index = struct.pack("<I", bit // 64)
        known = struct.unpack("<Q", self.filter.get(index))[0]
        self.filter.put(index, struct.pack("<Q", known | 1 << bit % 64))

    def virtual_macs_are(self, *macs: bytes) -> None:
        words = [0] * 8
        for mac in macs:
            bit = (mac[4] - 1) * 256 + mac[5]
            words[bit // 64] |= 1 << bit % 64
        for index, word in enumerate(words):
            self.virtual_macs.put(struct.pack("<I", index), struct.pack("<Q", word))

    def gate(self, is_open: bool, gate: int = 0, since: int = 0) -> None:
        self.gates.put(struct.pack("<I", gate), struct.pack("<I", (since << 1 | 1) & 0xFFFFFFFF if is_open else 0))

    def former(self, address: str, gateway: str, interface: int) -> None:
        self.formers.put(word16(address), word16(gateway) + struct.pack("<I", interface))

    def source(self, index: int, address: str, ports: tuple[int, int]) -> None:
        self.sources.put(struct.pack("<I", index), word16(address) + struct.pack("<HH", *ports))

    def backend(self, slot: int, address: str, port: int, state: int = READY, backend_id: int | None = None,
                limit: int = 0) -> None:
        self.backends.put(struct.pack("<I", slot), word16(address)
                          + struct.pack(">H", port) + struct.pack("<HII", state, slot + 1000 if backend_id is None else backend_id, limit))

    def table(self, first: int, slots: list[int]) -> None:
        for index, slot in enumerate(slots):
            self.tables.put(struct.pack("<I", first + index), struct.pack("<I", slot))

    def service(self, address: str, port: int, protocol: int = TCP, mode: int = FULL_NAT, table: tuple[int, int] = (0, 0),
                sources: tuple[int, int] = (0, 0), service_id: int = 1, persist_source: bool = False, door: int = 0) -> None:
        """One with a door is judged there."""
        self.services.put(word16(address) + struct.pack(">HBx", port, protocol),
                          struct.pack("<8I", service_id, persist_source | (door != 0) << 1, mode, *table, *sources, door))

    def door(self, door: int = 1, flows: int = 0, flows_per_client: int = 0, interval: int = 0, interval_per_client: int = 0,
             ipv4_prefix: int = 32, ipv6_prefix: int = 64) -> None:
        """Intervals in nanoseconds."""
        key = struct.pack("<I", door)
        if self.doors.get(key) is None:
            self.door_states.put(key, bytes(self.door_states.size))
            self.refusals.put(key, bytes(self.refusals.size))
        self.doors.put(key, struct.pack("<QQQIIBB6x", door, interval, interval_per_client, flows, flows_per_client,
                                        96 + ipv4_prefix, ipv6_prefix))

    def access(self, door: int, verdicts: dict[str, bool], others: bool) -> None:
        """A list in the place of the one that is there: networks, and whether their clients may come."""
        trie = _libbpf.bpf_map_create(LPM_TRIE, None, 24, 4, len(verdicts) + 2, ctypes.byref(MapOptions(NO_PREALLOC)))
        assert trie >= 0, os.strerror(-trie)
        try:
            entries = Map(trie, 24, 4)
            for family in (4, 6):
                entries.put(struct.pack("<I", 32) + struct.pack(">I", family) + bytes(16), struct.pack("<I", 1 if others else 2))
            for text_of_network, allowed in verdicts.items():
                network = ipaddress.ip_network(text_of_network)
                bits = 32 + (96 if network.version == 4 else 0) + network.prefixlen
                entries.put(struct.pack("<I", bits) + struct.pack(">I", network.version) + word16(str(network.network_address)),
                            struct.pack("<I", 1 if allowed else 2))
            self.access_lists.put(struct.pack("<I", door), struct.pack("<I", trie))
        finally:
            os.close(trie)

    def order(self, action: int, flow: bytes = bytes(40), door: int = 0, group: bytes = bytes(24)) -> None:
        """As the daemon gives one."""
        self.run(bytes(14) + struct.pack("<II", action, door) + flow + group, fd=self.fd_of("mainstay_account"))

    def front(self, backend: str, port: int, vip: str, vip_port: int, protocol: int = TCP) -> None:
        self.fronts.put(word16(backend) + struct.pack(">HBx", port, protocol), word16(vip) + struct.pack(">HBx", vip_port, protocol))

    # What it reads.

    def event(self, name: str) -> int:
        return self.events.total(struct.pack("<I", EVENTS.index(name)), 1)[0]

    def events_seen(self) -> dict[str, int]:
        return {name: count for name in EVENTS if (count := self.event(name))}

    def traffic_of(self, slot: int) -> dict[str, int]:
        names = ("packets_in", "octets_in", "packets_out", "octets_out", "new", "opened", "closed")
        return dict(zip(names, self.traffic.total(struct.pack("<I", slot), len(names))))

    def refused(self, door: int = 1) -> dict[str, int]:
        """Why clients were turned away, and how many."""
        counts = self.refusals.total(struct.pack("<I", door), len(REFUSALS))
        return {name: count for name, count in zip(REFUSALS, counts) if count}

    def live(self, door: int = 1) -> int:
        return struct.unpack_from("<i", self.door_states.get(struct.pack("<I", door)), 8)[0]

    def load(self, slot: int) -> int:
        return struct.unpack("<i", self.backend_loads.get(struct.pack("<I", slot)))[0]

    def clients(self) -> dict[str, int]:
        """Live flows by the first address of each group of clients."""
        return {text(key[8:]): struct.unpack_from("<i", self.client_counts.get(key))[0] for key in self.client_counts.keys()}

    def measure(self, slot: int) -> None:
        """Has the latency of a backend counted from now on."""
        self.latency.put(struct.pack("<I", slot), bytes(self.latency.size))

    def latencies(self, slot: int) -> tuple[list[int], list[int]]:
        """Buckets of connect and of first byte."""
        counts = self.latency.total(struct.pack("<I", slot), 2 * LATENCY_BUCKETS)
        return counts[:LATENCY_BUCKETS], counts[LATENCY_BUCKETS:]

    def flow(self, *key) -> Flow | None:
        octets = self.flows.get(tuple_key(*key))
        return octets and Flow.unpack(octets)

    def embryo(self, *key) -> Flow | None:
        octets = self.embryos.get(tuple_key(*key))
        return octets and Flow.unpack(octets)


class FastPath:
    """The XDP program, which shares the maps of a Program."""

    def __init__(self, path: str, program: Program):
        self.object = ctypes.c_void_p(_libbpf.bpf_object__open_file(os.fsencode(path), None))
        assert self.object.value, f"cannot open {path}"
        each = _libbpf.bpf_object__next_map(self.object, None)
        while each:
            shared = program._map(_libbpf.bpf_map__name(ctypes.c_void_p(each)).decode())
            if shared.value:
                assert _libbpf.bpf_map__reuse_fd(ctypes.c_void_p(each), _libbpf.bpf_map__fd(shared)) == 0
            each = _libbpf.bpf_object__next_map(self.object, ctypes.c_void_p(each))
        assert _libbpf.bpf_object__load(self.object) == 0
        self.fd = _libbpf.bpf_program__fd(
            ctypes.c_void_p(_libbpf.bpf_object__find_program_by_name(self.object, b"mainstay_fastpath")))
        self.own_interfaces = self._map("own_interfaces", 4, 12)
        self.neighbours = self._map("neighbours", 4, 40, per_cpu=True)

    def _map(self, name: str, key: int, value: int, per_cpu: bool = False) -> Map:
        found = ctypes.c_void_p(_libbpf.bpf_object__find_map_by_name(self.object, name.encode()))
        return Map(_libbpf.bpf_map__fd(found), key, value, per_cpu)

    def own(self, interface: int, mac: bytes) -> None:
        """As if it were attached there."""
        self.own_interfaces.put(struct.pack("<I", interface % OWN_INTERFACES), struct.pack("<I", interface) + mac + bytes(2))

    def disown(self, interface: int) -> None:
        self.own_interfaces.put(struct.pack("<I", interface % OWN_INTERFACES), bytes(12))

    def known_neighbours(self) -> dict[bytes, list[bytearray]]:
        """By place, what each processor knows; only where one knows something."""
        every = {key: self.neighbours.get(key) for key in self.neighbours.keys()}
        size = self.neighbours.value
        return {key: [bytearray(value[at:at + size]) for at in range(0, len(value), size)] for key, value in every.items() if any(value)}

    def tell_neighbours(self, known: dict[bytes, list[bytearray]]) -> None:
        for key, values in known.items():
            self.neighbours.put(key, b"".join(values))

    def run(self, frame: bytes, interface: int) -> Result:
        return run_xdp(self.fd, frame, interface)

    def close(self) -> None:
        _libbpf.bpf_object__close(self.object)
