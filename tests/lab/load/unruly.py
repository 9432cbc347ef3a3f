# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.load.unruly ADDRESS TCP_PORT UDP_PORT SEED [OPENING]: clients without manners, until it is ended.

Many at a time connect and say nothing, reset in the middle, finish before they are answered, send half a request and
wait, or read nothing of a long answer; others throw bursts of datagrams and vanish. With OPENING `header` most of them
begin with a PROXY header, each for one of a few hundred addresses; with `hello` with the first message of TLS, some of
them for ROUTED_NAME.
"""

import random
import selectors
import socket
import ssl
import struct
import sys
import time

CONNECTIONS = 60
LIFE_SECONDS = (0.0, 3.0)
PAUSE_SECONDS = 0.01

ROUTED_NAME = "routed.test"
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

NOTHING, RESET, FINISH, HALF, DEAF = range(5)
_REQUEST = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"
_ENDLESS = b"GET /big?from=0 HTTP/1.1\r\nHost: lab\r\n\r\n"


class Client:
    def __init__(self, address: tuple[str, int], numbers: random.Random, opening: str) -> None:
        self.way = numbers.randrange(5)
        self.end = time.monotonic() + numbers.uniform(*LIFE_SECONDS)
        self.socket = socket.create_connection(address, 3)
        self.socket.setblocking(False)
        self.socket.send(opening_words(opening, address, numbers))
        if self.way == RESET:
            self.socket.send(_ENDLESS)
        elif self.way == FINISH:
            self.socket.send(_REQUEST)
            self.socket.shutdown(socket.SHUT_WR)
        elif self.way == HALF:
            self.socket.send(_REQUEST[: numbers.randrange(len(_REQUEST))])
        elif self.way == DEAF:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.socket.send(_ENDLESS)

    def read(self) -> None:
        if self.way not in (DEAF, NOTHING):
            self.socket.recv(65536)

    def leave(self) -> None:
        if self.way in (RESET, DEAF):
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def opening_words(opening: str, address: tuple[str, int], numbers: random.Random) -> bytes:
    if opening == "header":
        client = f"198.18.{numbers.randrange(4, 6)}.{numbers.randrange(1, 255)}"
        words = f"PROXY TCP4 {client} {address[0]} {numbers.randrange(1024, 65536)} {address[1]}\r\n".encode()
    elif opening == "hello":
        words = hello(numbers.choice((ROUTED_NAME, "another.test")))
    else:
        return b""
    # One in ten never comes to the end of it, and one in ten leaves it out.
    return words[: numbers.choice([numbers.randrange(len(words)), 0, *[len(words)] * 8])]


def hello(name: str) -> bytes:
    sent = ssl.MemoryBIO()
    client = _TLS.wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass  # Nobody answers.
    return sent.read()


def main(arguments: list[str]) -> None:
    tcp, udp = (arguments[0], int(arguments[1])), (arguments[0], int(arguments[2]))
    numbers = random.Random(int(arguments[3]))
    opening = "".join(arguments[4:])
    clients: list[Client] = []
    opened = echoes = 0
    while True:
        while len(clients) < CONNECTIONS:
            try:
                clients.append(Client(tcp, numbers, opening))
                opened += 1
            except OSError:
                break  # Refused or reset: the next one may be luckier.
        with selectors.DefaultSelector() as ready:
            for client in clients:
                ready.register(client.socket, selectors.EVENT_READ, client)
            for key, _ in ready.select(PAUSE_SECONDS):
                try:
                    key.data.read()
                except OSError:
                    key.data.end = 0.0
        echoes += throw_datagrams(udp, numbers)
        now = time.monotonic()
        for client in [client for client in clients if client.end <= now]:
            client.leave()
            clients.remove(client)
        if opened % 100 == 0:
            print(f"{opened} connections, {echoes} echoes", flush=True)
        time.sleep(PAUSE_SECONDS)


def throw_datagrams(address: tuple[str, int], numbers: random.Random) -> int:
    """A burst from a socket of its own; how many came back at once."""
    echoes = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(address)
        one.settimeout(0.002)
        try:
            for _ in range(numbers.randrange(1, 20)):
                one.send(numbers.randbytes(numbers.randrange(1, 1400)))
            while True:
                one.recv(2048)
                echoes += 1
        except OSError:
            return echoes


if __name__ == "__main__":
    main(sys.argv[1:])
