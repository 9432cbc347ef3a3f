# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.load.sweep MAC PAUSE_MILLIS ADDRESS...: asks every address for an ICMP echo until the host with this MAC
address has answered for it.

Prints `asking` when each has been answered for by some host, and for each address its first such answer: the address, when
that arrived, and when the last answer of another host did, 0 if none; nanoseconds of CLOCK_MONOTONIC. Each address that has
no such answer yet is asked once in each pause; the probes are spread evenly over it.
"""

import gc
import os
import select
import socket
import sys
import time

from lab.clock import SO_TIMESTAMPNS, arrival
from lab.load.probe import ask_for_precedence, echo_request

_ETH_P_IP = 0x0800
_ICMP, _ECHO_REPLY = 1, 0


def sweep(mac: str, pause_nanos: int, addresses: list[str]) -> None:
    hardware = bytes.fromhex(mac.replace(":", ""))
    pending = dict.fromkeys(addresses, 0)
    request = echo_request(os.getpid() & 0xFFFF, 1)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMP) as asking,
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, socket.htons(_ETH_P_IP)) as hearing,
    ):
        hearing.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        hearing.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        told = False
        while pending:
            due = time.monotonic_ns()
            gap = pause_nanos // len(pending)
            for address in list(pending):
                try:
                    asking.sendto(request, (address, 0))
                except OSError:
                    pass  # No neighbour: without an answer, like one that is lost.
                due += gap
                _hear(hearing, hardware, pending, due)
            if not told and all(pending.values()):
                print("asking", flush=True)
                told = True


def _hear(hearing: socket.socket, hardware: bytes, pending: dict[str, int], until: int) -> None:
    while True:
        wait = (until - time.monotonic_ns()) / 1e9
        if not select.select([hearing], [], [], max(wait, 0))[0]:
            return
        packet, ancillary, _, sender = hearing.recvmsg(256, 64)
        header = (packet[0] & 0x0F) * 4
        address = socket.inet_ntoa(packet[12:16])
        if packet[9] != _ICMP or packet[header] != _ECHO_REPLY or address not in pending:
            continue
        if sender[4] == hardware:
            print(address, arrival(ancillary), pending.pop(address))
        else:
            pending[address] = arrival(ancillary)


def main(arguments: list[str]) -> None:
    ask_for_precedence()
    gc.disable()
    sweep(arguments[0], int(float(arguments[1]) * 1e6), arguments[2:])


if __name__ == "__main__":
    main(sys.argv[1:])
