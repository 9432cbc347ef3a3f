# SPDX-License-Identifier: Apache-2.0
"""Client, load balancer and backends, each in a network namespace of its own, for real connections."""

import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import threading
import time
from contextlib import contextmanager

from program import _libbpf

CLONE_NEWNET = 0x40000000
XDP_FLAGS_DRV_MODE, BPF_TC_F_REPLACE = 4, 1
SIOCETHTOOL, ETHTOOL_STXCSUM, ETHTOOL_SGRO = 0x8946, 0x17, 0x2C
_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), what)


class Namespace:
    """A network namespace that lives as long as this object. A thread enters it by `with`; sockets made there stay there."""

    def __init__(self):
        outer = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _check(_libc.unshare(CLONE_NEWNET), "unshare")
        self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _check(_libc.setns(outer, CLONE_NEWNET), "setns")
        os.close(outer)
        self.run("ip link set lo up")
        # An interface asks for the neighbours of others with its link-local address, and not before that one is known
        # to be free: with the address of a VIP as source, a packet would wait for seconds, or in vain.
        self.sysctl(ipv6__conf__default__accept_dad=0)

    @property
    def path(self) -> str:
        return f"/proc/{os.getpid()}/fd/{self.fd}"

    @contextmanager
    def entered(self):
        outer = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _check(_libc.setns(self.fd, CLONE_NEWNET), "setns")
        try:
            yield
        finally:
            _check(_libc.setns(outer, CLONE_NEWNET), "setns")
            os.close(outer)

    def run(self, *commands: str, stdin: str | None = None) -> str:
        output = ""
        with self.entered():
            for command in commands:
                done = subprocess.run(command.split(), capture_output=True, text=True, input=stdin, check=False)
                assert done.returncode == 0, f"{command}: {done.stderr}"
                output += done.stdout
        return output

    def sysctl(self, **values: int) -> None:
        with self.entered():
            for name, value in values.items():
                # /proc/thread-self/net leads to the namespace of the thread; /proc/sys does so by itself.
                with open("/proc/sys/net/" + name.replace("__", "/"), "w", encoding="ascii") as file:
                    file.write(str(value))

    def close(self) -> None:
        os.close(self.fd)


def without_offload(device: str) -> None:
    """Has checksums computed before a packet leaves this device, as by a peer on a wire. In the current namespace."""
    _ethtool(device, ETHTOOL_STXCSUM, 0)


def receiving_by_napi(device: str) -> None:
    """What a veth must do for the other end to send by XDP; it does so for GRO."""
    _ethtool(device, ETHTOOL_SGRO, 1)


def _ethtool(device: str, command: int, word: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        value = struct.pack("II", command, word)
        buffer = ctypes.create_string_buffer(value)
        request = struct.pack("16sP", device.encode(), ctypes.addressof(buffer))
        fcntl.ioctl(control, SIOCETHTOOL, request)


class Hook(ctypes.Structure):
    _fields_ = [("sz", ctypes.c_size_t), ("ifindex", ctypes.c_int), ("attach_point", ctypes.c_int), ("parent", ctypes.c_uint32)]


class Filter(ctypes.Structure):
    _fields_ = [("sz", ctypes.c_size_t), ("prog_fd", ctypes.c_int), ("flags", ctypes.c_uint32), ("prog_id", ctypes.c_uint32),
                ("handle", ctypes.c_uint32), ("priority", ctypes.c_uint32)]


def attach(namespace: Namespace, device: str, program_fd: int) -> None:
    with namespace.entered():
        attach_here(socket.if_nametoindex(device), program_fd)


def attach_here(interface: int, program_fd: int) -> None:
    """In the current namespace, in the place of what stands there."""
    hook = Hook(ctypes.sizeof(Hook), interface, 1, 0)
    _libbpf.bpf_tc_hook_create(ctypes.byref(hook))
    filter_ = Filter(ctypes.sizeof(Filter), program_fd, BPF_TC_F_REPLACE, 0, 1, 1)
    result = _libbpf.bpf_tc_attach(ctypes.byref(hook), ctypes.byref(filter_))
    assert result == 0, os.strerror(-result)


def attach_xdp(namespace: Namespace, device: str, program_fd: int) -> bytes:
    """In the driver. Returns the hardware address of the device."""
    with namespace.entered():
        result = _libbpf.bpf_xdp_attach(socket.if_nametoindex(device), program_fd, XDP_FLAGS_DRV_MODE, None)
        assert result == 0, os.strerror(-result)
    words = namespace.run(f"ip -o link show dev {device}").split()
    return bytes.fromhex(words[words.index("link/ether") + 1].replace(":", ""))


class Network:
    """client 198.18.0.50 -- lb 198.18.0.1, VIP 198.18.0.100; 198.18.1.1 -- backends 198.18.1.11 and .12; IPv6 alike."""

    VIPS = {socket.AF_INET: "198.18.0.100", socket.AF_INET6: "2001:db8::100"}
    BACKENDS = {socket.AF_INET: ("198.18.1.11", "198.18.1.12"), socket.AF_INET6: ("2001:db8:1::b", "2001:db8:1::c")}
    CLIENTS = {socket.AF_INET: "198.18.0.50", socket.AF_INET6: "2001:db8::50"}

    def __init__(self, between: Namespace | None = None):
        """`between`: where both wires are cut, and end in `clients` and `clients-far`, `backends` and `backends-far`."""
        self.client, self.lb, self.backend = Namespace(), Namespace(), Namespace()
        for side, far in (("clients", self.client), ("backends", self.backend)):
            if between is None:
                self.lb.run(f"ip link add {side} type veth peer name eth0 netns {far.path}")
            else:
                between.run(f"ip link add {side} type veth peer name {side} netns {self.lb.path}",
                            f"ip link add {side}-far type veth peer name eth0 netns {far.path}",
                            f"ip link set {side} up", f"ip link set {side}-far up")
        self._addresses(self.client, "eth0", "198.18.0.50/24", "2001:db8::50/64")
        self._addresses(self.lb, "clients", "198.18.0.1/24", "198.18.0.100/32", "2001:db8::1/64", "2001:db8::100/128")
        self._addresses(self.lb, "backends", "198.18.1.1/24", "2001:db8:1::1/64")
        self._addresses(self.backend, "eth0", *(f"{each}/{24 if '.' in each else 64}" for pair in self.BACKENDS.values() for each in pair))
        self.backend.run("ip route add default via 198.18.1.1", "ip -6 route add default via 2001:db8:1::1")
        self.lb.sysctl(ipv4__conf__lo__forwarding=1, ipv6__conf__lo__forwarding=1)
        for namespace, device in ((self.client, "eth0"), (self.lb, "clients"), (self.lb, "backends"), (self.backend, "eth0")):
            self._await_up(namespace, device)

    @staticmethod
    def _await_up(namespace: Namespace, device: str) -> None:
        """Until the kernel has seen the carrier, which may take it a second, an interface drops what it is given."""
        deadline = time.monotonic() + 20
        while " state UP " not in namespace.run(f"ip -o link show dev {device}"):
            assert time.monotonic() < deadline, f"{device} does not come up"
            time.sleep(0.01)

    @staticmethod
    def complete_checksums(namespace: Namespace, *devices: str) -> None:
        with namespace.entered():
            for device in devices:
                without_offload(device)

    @staticmethod
    def _addresses(namespace: Namespace, device: str, *addresses: str) -> None:
        namespace.run(f"ip link set {device} up", *(f"ip addr add {each} dev {device}{' nodad' if ':' in each else ''}" for each in addresses))

    def close(self) -> None:
        for namespace in (self.client, self.lb, self.backend):
            namespace.close()


class Serving:
    """Runs `handle(socket)` for a server socket in a thread until closed."""

    def __init__(self, server: socket.socket, handle):
        self.server = server
        self.thread = threading.Thread(target=self._run, args=(handle,), daemon=True)
        self.thread.start()

    def _run(self, handle) -> None:
        try:
            while True:
                handle(self.server)
        except OSError:
            pass

    def close(self) -> None:
        try:
            self.server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.server.close()
        self.thread.join(10)


def two_sides() -> tuple[int, int]:
    """In the current namespace, which must be empty: a clients' and a backends' interface, with routes and neighbours."""
    assert [name for _, name in socket.if_nameindex()] == ["lo"], "needs a network namespace of its own"
    for command in (
            "ip link set lo up",
            "ip link add clients address 02:00:00:00:00:01 type veth peer name clients-far",
            "ip link add backends address 02:00:00:00:00:02 type veth peer name backends-far",
            "ip link set clients-far up", "ip link set backends-far up", "ip link set clients up", "ip link set backends up",
            "ip addr add 198.18.0.1/24 dev clients", "ip addr add 198.18.1.1/24 dev backends",
            "ip addr add 2001:db8::1/64 dev clients nodad", "ip addr add 2001:db8:1::1/64 dev backends nodad",
            "ip neigh add 198.18.0.254 lladdr 02:00:00:00:00:fe dev clients",
            "ip neigh add 2001:db8::fe lladdr 02:00:00:00:00:fe dev clients",
            "ip route add 198.18.8.0/22 via 198.18.0.254", "ip route add 198.19.0.0/16 via 198.18.0.254",
            "ip route add 2001:db8:9::/48 via 2001:db8::fe",
            *(f"ip neigh add 198.18.1.{n} lladdr 02:00:00:00:01:{n:02x} dev backends" for n in range(11, 51)),
            *(f"ip neigh add 2001:db8:1::{n:x} lladdr 02:00:00:00:01:{n:02x} dev backends" for n in range(11, 21))):
        subprocess.run(command.split(), check=True, capture_output=True)
    for path in ("ipv4", "ipv6"):
        with open(f"/proc/sys/net/{path}/conf/lo/forwarding", "w", encoding="ascii") as file:
            file.write("1")
    return socket.if_nametoindex("clients"), socket.if_nametoindex("backends")
