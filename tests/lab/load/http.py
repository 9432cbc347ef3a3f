# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.load.http ADDRESS PORT FILE NEW_PER_SECOND KEPT KEPT_REQUESTS_PER_SECOND: steady HTTP requests.

NEW_PER_SECOND connections carry one request each. KEPT connections carry requests one after the other; a client ends
each of them in good order after a few seconds and opens the next, as browsers and connection pools do. Nothing is tried
twice. What happened goes to FILE as lines of `lab.records`.
"""

import asyncio
import errno
import gc
import random
import sys
import time
from pathlib import Path
from typing import TextIO

from lab.records import Record, Request, Reset, Tick, to_line

REQUEST_TIMEOUT_SECONDS = 3.0
"""For connecting and answering together."""

KEPT_LIFE_SECONDS = (2.0, 4.0)
TICK_SECONDS = 0.02
_REQUEST = b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"


class Log:
    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._in_flight: dict[object, int] = {}

    def started(self, key: object) -> int:
        now = time.monotonic_ns()
        self._in_flight[key] = now
        return now

    def ended(self, key: object, connection: str, outcome: str, backend: str) -> None:
        started = self._in_flight.pop(key)
        self.write(Request(started, time.monotonic_ns(), connection, outcome, backend or "-"))

    def tick(self, late: int) -> None:
        now = time.monotonic_ns()
        self.write(Tick(now, min(self._in_flight.values(), default=now), late))
        self._file.flush()

    def write(self, record: Record) -> None:
        self._file.write(to_line(record))


class Client(asyncio.Protocol):
    """One connection. A request is in flight from `ask` until its answer is complete or the connection is lost."""

    def __init__(self, log: Log, connection: str) -> None:
        self._log = log
        self._connection = connection
        self._received = bytearray()
        self._answer: asyncio.Future[str] | None = None
        self.transport: asyncio.Transport | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.backend = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        reset = isinstance(exc, ConnectionResetError | BrokenPipeError)
        if reset:
            self._log.write(Reset(time.monotonic_ns(), self._connection))
        self._finish("reset" if reset else "timeout" if exc else "closed early")
        if not self.lost.done():
            self.lost.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end_of_head = self._received.find(b"\r\n\r\n")
        if end_of_head < 0:
            return
        head = bytes(self._received[:end_of_head]).decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in head[1:])
        self.backend = fields.get("x-backend", "")
        length = int(fields.get("content-length", "0"))
        if len(self._received) >= end_of_head + 4 + length:
            status = head[0].split(" ")[1]
            del self._received[: end_of_head + 4 + length]
            self._finish("ok" if status == "200" else f"status {status}")

    async def ask(self, timeout: float) -> str:
        """Sends one request and returns its outcome."""
        assert self.transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        if self.lost.done():
            return "closed early"
        self.transport.write(_REQUEST)
        try:
            return await asyncio.wait_for(self._answer, timeout)
        except TimeoutError:
            return "timeout"
        finally:
            self._answer = None

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def abandon(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def _finish(self, outcome: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(outcome)


class Load:
    def __init__(self, address: str, port: int, log: Log) -> None:
        self._address = address
        self._port = port
        self._log = log
        self._tasks: set[asyncio.Task[None]] = set()

    async def new_connections(self, per_second: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while per_second > 0:
            task = loop.create_task(self._one_request())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            due = max(due + 1 / per_second, loop.time() - 0.1)
            await asyncio.sleep(max(due - loop.time(), 0))

    async def _one_request(self) -> None:
        key = object()
        self._log.started(key)
        client, outcome = await self._connect("new")
        if client is not None:
            outcome = await client.ask(REQUEST_TIMEOUT_SECONDS)
            client.close() if outcome == "ok" else client.abandon()
        self._log.ended(key, "new", outcome, client.backend if client else "")

    async def kept_connection(self, per_second: float, seed: int) -> None:
        numbers = random.Random(seed)
        loop = asyncio.get_running_loop()
        await asyncio.sleep(numbers.random() / per_second)
        while True:
            key = object()
            self._log.started(key)
            client, outcome = await self._connect("kept")
            if client is None:
                self._log.ended(key, "kept", outcome, "")
                await asyncio.sleep(1 / per_second)
                continue
            end_of_life = loop.time() + numbers.uniform(*KEPT_LIFE_SECONDS)
            while True:
                outcome = await client.ask(REQUEST_TIMEOUT_SECONDS)
                self._log.ended(key, "kept", outcome, client.backend)
                if outcome != "ok" or loop.time() > end_of_life:
                    break
                await asyncio.wait([client.lost], timeout=1 / per_second)
                if client.lost.done():
                    break
                self._log.started(key)
            client.close() if outcome == "ok" else client.abandon()

    async def _connect(self, connection: str) -> tuple[Client | None, str]:
        try:
            _, client = await asyncio.wait_for(
                asyncio.get_running_loop().create_connection(
                    lambda: Client(self._log, connection), self._address, self._port
                ),
                REQUEST_TIMEOUT_SECONDS,
            )
            return client, ""
        except TimeoutError:
            return None, "connect timeout"
        except ConnectionRefusedError:
            return None, "connect refused"
        except ConnectionResetError:
            return None, "connect reset"
        except OSError as failure:
            return None, f"connect {errno.errorcode.get(failure.errno or 0, 'error')}"


async def tick(log: Log) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + TICK_SECONDS
        await asyncio.sleep(TICK_SECONDS)
        log.tick(int(max(loop.time() - due, 0) * 1e9))


async def main(arguments: list[str]) -> None:
    address, port, file = arguments[0], int(arguments[1]), Path(arguments[2])
    new_per_second, kept, kept_per_second = float(arguments[3]), int(arguments[4]), float(arguments[5])
    with file.open("a", encoding="utf-8") as output:
        log = Log(output)
        load = Load(address, port, log)
        await asyncio.gather(
            tick(log),
            load.new_connections(new_per_second),
            *(load.kept_connection(kept_per_second, number) for number in range(kept)),
        )


if __name__ == "__main__":
    gc.freeze()
    asyncio.run(main(sys.argv[1:]))
