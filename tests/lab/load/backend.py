# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.load.backend NAME ADDRESS PORT [--mute | --certificate FILE]: a small HTTP/1.1 server.

`/` answers the name and a payload, `/health` answers 200, `/peer` the address of the other end, `/big?from=N` streams the
endless content from byte N on at a steady rate. With --mute it accepts connections and never answers, as a server does
that hangs. With --certificate it speaks TLS, by the certificate and the key that stand in the file.
"""

import asyncio
import ssl
import sys
from urllib.parse import parse_qs, urlsplit

from lab.load.content import content

PAYLOAD = b"x" * 1024
BIG_CHUNK_BYTES = 25_000
BIG_CHUNK_SECONDS = 0.05


class Connection(asyncio.Protocol):
    def __init__(self, name: str) -> None:
        self._name = name.encode()
        self._received = b""
        self._peer = ""
        self._transport: asyncio.Transport | None = None
        self._writable = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peer = str(transport.get_extra_info("peername")[0])

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, self._received = self._received.split(b"\r\n\r\n", 1)
            self._answer(head.split(b" ", 2)[1].decode())

    def _answer(self, target: str) -> None:
        url = urlsplit(target)
        if url.path == "/big":
            offset = int(parse_qs(url.query).get("from", ["0"])[0])
            self._write(b"HTTP/1.1 200 OK\r\nX-Backend: %b\r\nConnection: close\r\n\r\n" % self._name)
            self._stream(offset)
        elif url.path == "/health":
            self._respond(b"ok\n")
        elif url.path == "/peer":
            self._respond(self._peer.encode())
        else:
            self._respond(self._name + b"\n" + PAYLOAD)

    def _respond(self, body: bytes) -> None:
        self._write(b"HTTP/1.1 200 OK\r\nX-Backend: %b\r\nContent-Length: %d\r\n\r\n%b" % (self._name, len(body), body))

    def _stream(self, offset: int) -> None:
        if self._transport is None:
            return
        if self._writable:
            self._write(content(offset, BIG_CHUNK_BYTES))
            offset += BIG_CHUNK_BYTES
        asyncio.get_running_loop().call_later(BIG_CHUNK_SECONDS, self._stream, offset)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


class MuteConnection(asyncio.Protocol):
    """Reads everything and says nothing."""


async def serve(name: str, address: str, port: int, mute: bool, certificate: str) -> None:
    def connection() -> asyncio.Protocol:
        return MuteConnection() if mute else Connection(name)

    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    server = await asyncio.get_running_loop().create_server(connection, address, port, backlog=1024, ssl=tls)
    print(f"{name} serves on {address}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    options = sys.argv[4:]
    file = options[options.index("--certificate") + 1] if "--certificate" in options else ""
    asyncio.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), "--mute" in options, file))
