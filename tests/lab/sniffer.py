# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.sniffer: prints each VRRP and ARP frame and neighbour advertisement that enters the switch as one line: when (nanoseconds of
CLOCK_MONOTONIC), at which port, and the frame in hexadecimal."""

import ctypes
import socket
import struct
import sys

from lab.clock import SO_TIMESTAMPNS, arrival

_SO_ATTACH_FILTER = 26
_SO_RCVBUFFORCE = 33
_ETH_P_ALL = 3
_LOAD_WORD, _LOAD_HALF, _LOAD_BYTE, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x28, 0x30, 0x15, 0x06
_PACKET_TYPE = 0xFFFFF000 + 4
_OUTGOING = 4

# Classic BPF (Documentation/networking/filter.rst of the kernel): what enters a port and is ARP, IPv4 or IPv6 of protocol
# 112, or a neighbour advertisement. Each row: instruction, how many rows to skip when true, when false, operand.
_FILTER = [
    (_LOAD_WORD, 0, 0, _PACKET_TYPE),
    (_JUMP_IF_EQUAL, 12, 0, _OUTGOING),
    (_LOAD_HALF, 0, 0, 12),
    (_JUMP_IF_EQUAL, 9, 0, 0x0806),
    (_JUMP_IF_EQUAL, 1, 0, 0x0800),
    (_JUMP_IF_EQUAL, 2, 8, 0x86DD),
    (_LOAD_BYTE, 0, 0, 23),
    (_JUMP_IF_EQUAL, 5, 6, 112),
    (_LOAD_BYTE, 0, 0, 20),
    (_JUMP_IF_EQUAL, 3, 0, 112),
    (_JUMP_IF_EQUAL, 0, 3, 58),
    (_LOAD_BYTE, 0, 0, 54),
    (_JUMP_IF_EQUAL, 0, 1, 136),
    (_RETURN, 0, 0, 0x40000),
    (_RETURN, 0, 0, 0),
]


def main() -> None:
    rows = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in _FILTER))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL)) as packets:
        program = struct.pack("HL", len(_FILTER), ctypes.addressof(rows))
        packets.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
        packets.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        # Hundreds of addresses are announced faster than this program prints.
        packets.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 16 << 20)
        print("listening", flush=True)
        while True:
            frame, ancillary, _, address = packets.recvmsg(2048, 64)
            if not address[0].startswith("br"):
                sys.stdout.write(f"{arrival(ancillary)} {address[0]} {frame.hex()}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
