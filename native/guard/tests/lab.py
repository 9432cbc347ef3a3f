# SPDX-License-Identifier: Apache-2.0
"""A segment of two private network namespaces, and the guard in one of them.

g0 stands in the namespace of this process and its children; g1, the other end of the cable, in a second one, where a
packet socket listens. Both vanish with this process.
"""

import ctypes
import ipaddress
import os
import select
import signal
import socket
import struct
import subprocess
import time

PATIENCE_SECONDS = 30

CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
ETH_P_ALL = 3
RTM_DELADDR = 21
RTMGRP_IPV4_IFADDR = 0x10
RTMGRP_IPV6_IFADDR = 0x100
VRRP = 112

LIBC = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def run(*command, **options):
    options = {"check": True, "text": True, "stdout": subprocess.PIPE, "timeout": PATIENCE_SECONDS, **options}
    return subprocess.run(command, **options).stdout


def eventually(condition, what):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError(f"not within {PATIENCE_SECONDS} s: {what}")


class Segment:
    """The cable between g0 and g1."""

    def __init__(self):
        checked(LIBC.unshare(CLONE_NEWNET), "unshare")
        self.peer = os.open("/proc/self/ns/net", os.O_RDONLY)
        checked(LIBC.unshare(CLONE_NEWNET), "unshare")
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        run("ip", "link", "add", "g0", "type", "veth", "peer", "name", "g1")
        run("ip", "link", "set", "g1", "netns", f"/proc/{os.getpid()}/fd/{self.peer}")
        self.without_detection("g0")
        run("ip", "link", "set", "g0", "up")
        run("ip", "address", "add", "198.18.0.1/24", "dev", "g0")
        self.at_peer(self.raise_peer)
        eventually(lambda: "LOWER_UP" in run("ip", "link", "show", "g0"), "the cable is up")
        self.capture = self.at_peer(self.open_capture)
        self.monitor = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self.monitor.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 25)
        self.monitor.bind((0, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))

    @staticmethod
    def without_detection(interface):
        with open(f"/proc/sys/net/ipv6/conf/{interface}/accept_dad", "w", encoding="ascii") as file:
            file.write("0")

    def at_peer(self, action):
        checked(LIBC.setns(self.peer, CLONE_NEWNET), "setns")
        try:
            return action()
        finally:
            checked(LIBC.setns(self.home, CLONE_NEWNET), "setns")

    def raise_peer(self):
        self.without_detection("g1")
        run("ip", "link", "set", "g1", "up")
        run("ip", "address", "add", "198.18.0.2/24", "dev", "g1")

    @staticmethod
    def open_capture():
        capture = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        capture.bind(("g1", ETH_P_ALL))
        capture.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        return capture

    def datagram(self, seconds):
        """The next VRRP datagram that arrives at g1 and when (CLOCK_REALTIME nanoseconds), or None."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            if not select.select([self.capture], [], [], max(left, 0))[0]:
                return None
            frame, ancillary, _, address = self.capture.recvmsg(2048, 64)
            if address[2] == socket.PACKET_OUTGOING:
                continue
            packet = frame[14:]
            is_vrrp = packet[9] == VRRP if packet[0] >> 4 == 4 else packet[0] >> 4 == 6 and packet[6] == VRRP
            if is_vrrp:
                seconds_part, nanos = struct.unpack("qq", ancillary[0][2][:16])
                return packet, seconds_part * 1_000_000_000 + nanos

    def datagrams(self, seconds):
        """All that arrive until there is silence for so long."""
        found = []
        while (one := self.datagram(seconds)) is not None:
            found.append(one[0])
        return found

    def removed_addresses(self):
        """Removals that the kernel has told of since the last call."""
        removed = []
        while select.select([self.monitor], [], [], 0)[0]:
            message = self.monitor.recv(65536)
            offset = 0
            while offset + 16 <= len(message):
                length, kind = struct.unpack_from("IH", message, offset)
                if kind == RTM_DELADDR:
                    removed.append(address_of(message[offset + 24 : offset + length]))
                offset += (length + 3) // 4 * 4
        return removed

    def clean(self):
        run("ip", "address", "flush", "dev", "g0", "scope", "global")
        run("ip", "address", "add", "198.18.0.1/24", "dev", "g0")
        self.removed_addresses()
        self.datagrams(0)


def address_of(attributes):
    offset = 0
    while offset + 4 <= len(attributes):
        length, kind = struct.unpack_from("HH", attributes, offset)
        if kind == 1:  # IFA_ADDRESS
            return str(ipaddress.ip_address(attributes[offset + 4 : offset + length]))
        offset += (length + 3) // 4 * 4
    return None


def add(address, interface="g0"):
    run("ip", "address", "add", address, "dev", interface, *(["nodad"] if ":" in address else []))


def holds(address, interface="g0"):
    return address in run("ip", "-o", "address", "show", "dev", interface)


def resignation(source="198.18.0.1", destination="224.0.0.18", vrid=51, priority=0):
    """A whole datagram with a VRRPv3 message, of priority 0. The kernel fills in the checksum of an IPv4 header."""
    message = bytes([0x31, vrid, priority, 1, 0, 100, 0, 0]) + bytes([198, 18, 0, 10])
    here, there = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if here.version == 4:
        head = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(message), 0, 0, 255, VRRP, 0)
    else:
        head = struct.pack("!IHBB", 0x6C000000, len(message), VRRP, 255)
    return head + here.packed + there.packed + message


class Guarded:
    """The guard with a tenant (or another command) in it."""

    def __init__(self, folder, *command, options=(), before=(), environment=None, **streams):
        self.folder = folder
        streams.setdefault("stdout", subprocess.PIPE)
        streams.setdefault("stderr", subprocess.PIPE)
        self.process = subprocess.Popen(
            [*before, f"{folder}/mainstay-guard", *options, "--", *command],
            env={**os.environ, **(environment or {})},
            **streams,
        )
        self.lines = []
        self.partial = b""

    @classmethod
    def tenant(cls, folder, *arguments, **more):
        guarded = cls(folder, f"{folder}/tenant", *map(str, arguments), **more)
        guarded.expect("ready")
        eventually(guarded.watches, "the guard watches")
        return guarded

    def watches(self):
        """Whether the guard sleeps; it does so only between two looks."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(") ")[2].startswith("S")

    def expect(self, line):
        """Reads what the tenant says until it has said this."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while line not in self.lines:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise AssertionError(f"the tenant did not say {line!r}, but {self.lines}")
            octets = os.read(self.process.stdout.fileno(), 4096)
            if not octets:
                raise AssertionError(f"the tenant ended without saying {line!r}, but {self.lines}: {self.stderr()}")
            *whole, self.partial = (self.partial + octets).split(b"\n")
            self.lines += [one.decode() for one in whole]

    def child(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return int(file.read().split()[0])

    def page(self):
        """What page_dump says about the page, through the descriptor that the tenant inherited."""
        child = self.child()
        for number in os.listdir(f"/proc/{child}/fd"):
            path = f"/proc/{child}/fd/{number}"
            if "mainstay-guard" in os.readlink(path):
                return run(f"{self.folder}/page_dump", path)
        raise AssertionError("the tenant has no page")

    def kill_child(self, number=signal.SIGKILL):
        os.kill(self.child(), number)

    def wait(self):
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def stderr(self):
        """What the guard said; call it once, after it has exited."""
        return self.process.stderr.read().decode()

    def end(self):
        """Whatever a test left running."""
        if self.process.poll() is None:
            try:
                self.kill_child()
            except (OSError, IndexError):
                pass
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
