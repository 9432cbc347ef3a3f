# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.load.echo ADDRESS PORT: sends every datagram back."""

import socket
import sys

if __name__ == "__main__":
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((sys.argv[1], int(sys.argv[2])))
        print("serves", flush=True)
        while True:
            try:
                octets, client = server.recvfrom(65536)
                server.sendto(octets, client)
            except OSError:
                pass  # A client that is gone.
