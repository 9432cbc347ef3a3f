# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.load.names NAME ADDRESS PORT [ADDRESS PORT]...: answers each line, and each datagram, with its name and the peer.

On each address both TCP and UDP are served. After the line `push` on one connection every other one is sent an answer that
nobody asked for.
"""

import asyncio
import sys
from typing import cast


class Connection(asyncio.Protocol):
    others: "set[Connection]" = set()

    def __init__(self, name: str) -> None:
        self._name = name
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.others.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.others.discard(self)

    def data_received(self, data: bytes) -> None:
        if data == b"push\n":
            for other in self.others - {self}:
                other.answer()
        for _ in range(data.count(b"\n")):
            self.answer()

    def answer(self) -> None:
        assert self._transport is not None
        self._transport.write(stamp(self._name, self._transport.get_extra_info("peername")))


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, name: str) -> None:
        self._name = name
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        self._transport.sendto(stamp(self._name, addr), addr)


def stamp(name: str, peer: tuple[str, int]) -> bytes:
    return f"{name} {peer[0]} {peer[1]}\n".encode()


async def serve(name: str, places: list[tuple[str, int]]) -> None:
    loop = asyncio.get_running_loop()
    servers = []
    for address, port in places:
        servers.append(await loop.create_server(lambda: Connection(name), address, port, backlog=1024))
        await loop.create_datagram_endpoint(lambda: Datagrams(name), (address, port))
    print("serves", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    words = sys.argv[2:]
    asyncio.run(serve(sys.argv[1], [(address, int(port)) for address, port in zip(words[::2], words[1::2])]))
