# SPDX-License-Identifier: Apache-2.0
"""What a veth does that a wire does not, and the reverse (ethtool(8))."""

import ctypes
import fcntl
import socket
import struct

from lab import sockets
from lab.node import Node

_SIOCETHTOOL = 0x8946
_ETHTOOL_STXCSUM = 0x17
_ETHTOOL_SGRO = 0x2C


def as_on_a_wire(node: Node, interface: str) -> None:
    """Has checksums computed before a frame leaves. Between veths they are left out, and a program on XDP cannot tell."""
    _set(node, interface, _ETHTOOL_STXCSUM, 0)


def takes_frames_of_xdp(node: Node, interface: str) -> None:
    """Has a veth take what its peer sends by XDP. It does where it receives by NAPI, as it does for GRO."""
    _set(node, interface, _ETHTOOL_SGRO, 1)


def _set(node: Node, interface: str, command: int, value: int) -> None:
    with sockets.network_of(node), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        words = ctypes.create_string_buffer(struct.pack("II", command, value))
        fcntl.ioctl(control, _SIOCETHTOOL, struct.pack("16sP", interface.encode(), ctypes.addressof(words)))
