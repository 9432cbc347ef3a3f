# SPDX-License-Identifier: Apache-2.0
"""The clock of the lab: nanoseconds of CLOCK_MONOTONIC, shared by all of its processes."""

import socket
import struct
import time

SO_TIMESTAMPNS = 35
"""Asks the kernel to stamp what a socket receives; Python has no name for it."""

_TIMESPEC = struct.Struct("@qq")


def now() -> int:
    return time.monotonic_ns()


def arrival(ancillary: list[tuple[int, int, bytes]]) -> int:
    """When a packet arrived. The kernel stamps with the wall clock, and this process may have been late to read."""
    at = now()
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanos = _TIMESPEC.unpack_from(data)
            late: int = time.time_ns() - (seconds * 1_000_000_000 + nanos)
            return at - max(late, 0)
    return at
