# SPDX-License-Identifier: Apache-2.0
"""What a veth does that a wire does not, and the reverse: ethtool(8), bpf(2)."""

import ctypes
import fcntl
import os
import platform
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from lab import sockets
from lab.node import Node

_SIOCETHTOOL, _ETHTOOL_STXCSUM = 0x8946, 0x17
_SYSCALL = {"x86_64": 321, "aarch64": 280}
_PROG_LOAD, _LINK_CREATE = 5, 28
_PROG_TYPE_XDP, _ATTACH_XDP, _FLAGS_DRV_MODE = 6, 37, 4
_RETURN_XDP_PASS = struct.pack("<BBhiBBhi", 0xB7, 0, 0, 2, 0x95, 0, 0, 0)
_LIBC = ctypes.CDLL(None, use_errno=True)


def as_on_a_wire(node: Node, interface: str) -> None:
    """Has checksums computed before a frame leaves. Between veths they are left out, and a program on XDP cannot tell."""
    with sockets.network_of(node), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        words = ctypes.create_string_buffer(struct.pack("II", _ETHTOOL_STXCSUM, 0))
        fcntl.ioctl(control, _SIOCETHTOOL, struct.pack("16sP", interface.encode(), ctypes.addressof(words)))


@contextmanager
def taking_frames_of_xdp(node: Node, interface: str) -> Iterator[None]:
    """Has a veth take what its peer turns round by XDP. It does while it has an XDP program itself; this one passes everything."""
    code, license_ = ctypes.create_string_buffer(_RETURN_XDP_PASS), ctypes.create_string_buffer(b"GPL")
    load = struct.pack("<IIQQ", _PROG_TYPE_XDP, 2, ctypes.addressof(code), ctypes.addressof(license_))
    with sockets.network_of(node):
        program = _bpf(_PROG_LOAD, load)
        try:
            index = socket.if_nametoindex(interface)
            link = _bpf(_LINK_CREATE, struct.pack("<IIII", program, index, _ATTACH_XDP, _FLAGS_DRV_MODE))
        finally:
            os.close(program)
    try:
        yield
    finally:
        os.close(link)


def _bpf(command: int, attributes: bytes) -> int:
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"))
    result = int(_LIBC.syscall(_SYSCALL[platform.machine()], command, buffer, 128))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf command {command}")
    return result
