# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.load.ask ADDRESS PORT COUNT: which server answers new connections, one a line; python3 -m lab.load.ask
ADDRESS PORT hold: which server has a connection, and then how that ends.

A connection that is not answered gives the name of its error.
"""

import socket
import sys

TIMEOUT_SECONDS = 10.0


def ask(connection: socket.socket) -> str:
    """The name of the server, which stands in the first line of what it sends."""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n")
    received = b""
    while b"\r\n\r\n" not in received or b"\n" not in received.split(b"\r\n\r\n", 1)[1]:
        more = connection.recv(65536)
        if not more:
            return "closed"
        received += more
    return received.split(b"\r\n\r\n", 1)[1].split(b"\n", 1)[0].decode()


def hold(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=TIMEOUT_SECONDS) as connection:
        print(ask(connection), flush=True)
        connection.settimeout(None)
        try:
            while connection.recv(65536):
                pass
            print("closed", flush=True)
        except ConnectionResetError:
            print("reset", flush=True)


def main() -> None:
    address, port, count = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    if count == "hold":
        hold((address, port))
        return
    for _ in range(int(count)):
        try:
            with socket.create_connection((address, port), timeout=TIMEOUT_SECONDS) as connection:
                print(ask(connection))
        except OSError as error:
            print(type(error).__name__)


if __name__ == "__main__":
    main()
