# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.load.download ADDRESS PORT FILE: one long download that checks every byte.

When the connection breaks it connects again and goes on at the byte where it was. What happened goes to FILE as lines
of `lab.records`. A wrong byte ends the program with a failure.
"""

import socket
import sys
import time
from pathlib import Path
from typing import TextIO

from lab.load.content import content
from lab.records import Break, Progress, Record, Reset, to_line

SILENCE_SECONDS = 3.0
"""Without a byte for this long the download gives the connection up."""

PAUSE_SECONDS = 0.1
PROGRESS_NANOS = 100_000_000
_BLOCK_BYTES = 65_536


class Download:
    def __init__(self, address: str, port: int, output: TextIO) -> None:
        self._target = (address, port)
        self._output = output
        self._received = 0
        self._backend = "-"
        self._last_progress = 0

    def run(self) -> None:
        while True:
            try:
                with socket.create_connection(self._target, timeout=SILENCE_SECONDS) as connection:
                    self._follow(connection)
                reason = "closed early"
            except ConnectionRefusedError:
                reason = "connect refused"
            except (ConnectionResetError, BrokenPipeError):
                self._write(Reset(time.monotonic_ns(), "download"))
                reason = "reset"
            except TimeoutError:
                reason = "timeout"
            except OSError as failure:
                reason = failure.strerror or "error"
            self._write(Break(time.monotonic_ns(), reason))
            self._backend = "-"
            time.sleep(PAUSE_SECONDS)

    def _follow(self, connection: socket.socket) -> None:
        connection.sendall(b"GET /big?from=%d HTTP/1.1\r\nHost: lab\r\n\r\n" % self._received)
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(_BLOCK_BYTES)
            if not more:
                return
            data += more
        head, data = data.split(b"\r\n\r\n", 1)
        self._backend = head.split(b"X-Backend: ", 1)[1].split(b"\r\n", 1)[0].decode()
        while True:
            self._check(data)
            data = connection.recv(_BLOCK_BYTES)
            if not data:
                return

    def _check(self, data: bytes) -> None:
        if data != content(self._received, len(data)):
            self._write(Break(time.monotonic_ns(), "wrong content"))
            sys.exit(f"wrong content between bytes {self._received} and {self._received + len(data)}")
        self._received += len(data)
        now = time.monotonic_ns()
        if now - self._last_progress >= PROGRESS_NANOS:
            self._last_progress = now
            self._write(Progress(now, self._received, self._backend))

    def _write(self, record: Record) -> None:
        self._output.write(to_line(record))
        self._output.flush()


if __name__ == "__main__":
    with Path(sys.argv[3]).open("a", encoding="utf-8") as file:
        Download(sys.argv[1], int(sys.argv[2]), file).run()
