# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.load.probe ADDRESS FILE [INTERVAL_MILLIS]: asks the address for an ICMP echo at a steady interval.

Each probe becomes one record of `lab.records.PROBE` in the order of sending: when it was sent and when its answer
arrived, by the kernel's clock, or 0 when no answer came within ANSWER_DEADLINE. A gap between the times of sending is
the probe's own: the machine did not let it run.
"""

import gc
import os
import select
import socket
import struct
import sys
import time
from collections import deque
from pathlib import Path

from lab.clock import SO_TIMESTAMPNS, arrival
from lab.records import PROBE

ANSWER_DEADLINE_NANOS = 50_000_000
"""A later answer counts as none: to a client it is an outage all the same."""

FLUSH_NANOS = 20_000_000
_ECHO_REQUEST, _ECHO_REPLY = 8, 0
_SOL_RAW, _ICMP_FILTER = 255, 1
_ECHO = struct.Struct("!BBHHH")


class Probe:
    def __init__(self, address: str, file: Path, interval_nanos: int) -> None:
        self._address = address
        self._interval = interval_nanos
        self._file = file.open("ab", buffering=0)
        self._identifier = os.getpid() & 0xFFFF
        # Each pending probe: [sequence, sent, answered]; the oldest first.
        self._pending: deque[list[int]] = deque()
        self._by_sequence: dict[int, list[int]] = {}
        self._records = bytearray()
        self._sequence = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMP)
        self._socket.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("I", 0xFFFFFFFF & ~(1 << _ECHO_REPLY)))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)

    def run(self) -> None:
        due = time.monotonic_ns()
        flush_at = due
        while True:
            now = time.monotonic_ns()
            if now >= due:
                self._send()
                # After a stall go on from here: a burst would say nothing about the time that is gone.
                due = max(due + self._interval, now)
            if now >= flush_at:
                self._settle(now)
                flush_at = now + FLUSH_NANOS
            wait = max(due - time.monotonic_ns(), 0) / 1e9
            if select.select([self._socket], [], [], wait)[0]:
                self._receive()

    def _send(self) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        packet = echo_request(self._identifier, self._sequence)
        sent = time.monotonic_ns()
        try:
            self._socket.sendto(packet, (self._address, 0))
        except OSError:
            pass  # No route or no neighbour: the probe counts as sent and stays without answer.
        probe = [self._sequence, sent, 0]
        self._pending.append(probe)
        self._by_sequence[self._sequence] = probe

    def _receive(self) -> None:
        while True:
            try:
                packet, ancillary, _, _ = self._socket.recvmsg(256, 64)
            except BlockingIOError:
                return
            kind, _, _, identifier, sequence = _ECHO.unpack_from(packet, (packet[0] & 0x0F) * 4)
            probe = self._by_sequence.get(sequence)
            if kind == _ECHO_REPLY and identifier == self._identifier and probe is not None and not probe[2]:
                probe[2] = arrival(ancillary)

    def _settle(self, now: int) -> None:
        """Writes the records of the probes whose fate is known, in order."""
        while self._pending:
            probe = self._pending[0]
            _, sent, answered = probe
            if not answered and now - sent < 2 * ANSWER_DEADLINE_NANOS:
                break
            self._pending.popleft()
            if self._by_sequence.get(probe[0]) is probe:
                del self._by_sequence[probe[0]]
            in_time = answered and answered - sent <= ANSWER_DEADLINE_NANOS
            self._records += PROBE.pack(sent, answered if in_time else 0)
        if self._records:
            self._file.write(self._records)
            self._records.clear()


def echo_request(identifier: int, sequence: int) -> bytes:
    total = (_ECHO_REQUEST << 8) + identifier + sequence
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return _ECHO.pack(_ECHO_REQUEST, 0, ~total & 0xFFFF, identifier, sequence)


def ask_for_precedence() -> None:
    """Where it is not allowed, as in a user namespace, the records tell whether it mattered."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        try:
            os.nice(-10)
        except OSError:
            pass


def main(arguments: list[str]) -> None:
    interval_millis = float(arguments[2]) if len(arguments) > 2 else 1.0
    ask_for_precedence()
    gc.disable()
    Probe(arguments[0], Path(arguments[1]), int(interval_millis * 1e6)).run()


if __name__ == "__main__":
    main(sys.argv[1:])
