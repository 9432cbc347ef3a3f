# SPDX-License-Identifier: Apache-2.0
"""The addresses of a network namespace by rtnetlink(7): cheap enough to be looked at again and again, unlike a program per look."""

import errno
import os
import socket
import struct
from collections.abc import Iterator

from lab.namespaces import network_of_process

_RTM_NEWLINK, _RTM_GETLINK, _RTM_NEWADDR, _RTM_GETADDR = 16, 18, 20, 22
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_REQUEST, _DUMP, _DUMP_INTERRUPTED = 0x1, 0x300, 0x10
_IFLA_IFNAME, _IFA_ADDRESS, _IFA_LOCAL = 3, 1, 2

_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBi")
_ATTRIBUTE = struct.Struct("=HH")

_PATIENCE_SECONDS = 10.0


class Addresses:
    """Asks the kernel of the namespace that a process has. Threads: none; call from one thread."""

    def __init__(self, pid: int) -> None:
        with network_of_process(pid):
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.settimeout(_PATIENCE_SECONDS)
        self._sequence = 0
        self._interrupted = False

    def of(self, interface: str) -> list[str]:
        """Those of an interface, with prefix length; none if there is no such interface."""
        while True:
            self._interrupted = False
            found = self._look(interface)
            # Else the kernel has changed something between two parts of its answer.
            if not self._interrupted:
                return found

    def _look(self, interface: str) -> list[str]:
        index = self._index(interface)
        if index is None:
            return []
        found = []
        for kind, payload in self._ask(_RTM_GETADDR, _DUMP, _ADDRESS.pack(socket.AF_UNSPEC, 0, 0, 0, 0)):
            family, prefix_length, _, _, of_interface = _ADDRESS.unpack_from(payload)
            if kind == _RTM_NEWADDR and of_interface == index:
                attributes = dict(_attributes(payload[_ADDRESS.size :]))
                # Where the two differ, the other one is that of the peer (rtnetlink(7)).
                own = attributes.get(_IFA_LOCAL, attributes.get(_IFA_ADDRESS, b""))
                found.append(f"{socket.inet_ntop(family, own)}/{prefix_length}")
        return found

    def _index(self, interface: str) -> int | None:
        name = interface.encode() + b"\0"
        request = _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0) + _attribute(_IFLA_IFNAME, name)
        try:
            answers = list(self._ask(_RTM_GETLINK, 0, request))
        except OSError as refused:
            if refused.errno == errno.ENODEV:
                return None
            raise
        return next(_LINK.unpack_from(payload)[2] for kind, payload in answers if kind == _RTM_NEWLINK)

    def _ask(self, kind: int, flags: int, request: bytes) -> Iterator[tuple[int, bytes]]:
        """The messages with which the kernel answers."""
        self._sequence += 1
        length = _HEADER.size + len(request)
        self._socket.send(_HEADER.pack(length, kind, _REQUEST | flags, self._sequence, 0) + request)
        while True:
            octets = self._socket.recv(1 << 18)
            while octets:
                length, answer, said, sequence, _ = _HEADER.unpack_from(octets)
                payload, octets = octets[_HEADER.size : length], octets[_aligned(length) :]
                if sequence != self._sequence:
                    # Of a question whose answers were not all read.
                    continue
                self._interrupted |= bool(said & _DUMP_INTERRUPTED)
                if answer == _NLMSG_DONE:
                    return
                if answer == _NLMSG_ERROR:
                    code = -struct.unpack_from("=i", payload)[0]
                    raise OSError(code, os.strerror(code))
                yield answer, payload
                if not flags & _DUMP:
                    return

    def close(self) -> None:
        self._socket.close()


def _attribute(kind: int, value: bytes) -> bytes:
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value.ljust(_aligned(len(value)), b"\0")


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    while len(octets) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(octets)
        yield kind, octets[_ATTRIBUTE.size : length]
        octets = octets[_aligned(length) :]


def _aligned(length: int) -> int:
    return (length + 3) & ~3
