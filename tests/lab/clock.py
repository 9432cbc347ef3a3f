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
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanos = _TIMESPEC.unpack_from(data)
            stamp: int = seconds * 1_000_000_000 + nanos
            return min(stamp - _wall_clock_ahead(), now())
    return now()


def _wall_clock_ahead() -> int:
    """By how much the wall clock is ahead. Both cannot be read at once: the look counts that was interrupted least."""
    looks = []
    for _ in range(3):
        before, wall, after = now(), time.time_ns(), now()
        looks.append((after - before, wall - (before + after) // 2))
    return min(looks)[1]
