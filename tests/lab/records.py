# SPDX-License-Identifier: Apache-2.0
"""The files in which load programs write what they saw. Times are nanoseconds of CLOCK_MONOTONIC."""

import struct
from pathlib import Path
from typing import Any, NamedTuple

PROBE = struct.Struct("<QQ")
"""When a probe was sent, and when its answer arrived in time (0: it did not)."""


class ProbeRecord(NamedTuple):
    sent: int
    answered: int


class Request(NamedTuple):
    """One HTTP request, ended. Its outcome is `ok` or the kind of its failure."""

    started: int
    ended: int
    connection: str  # new | kept
    outcome: str
    backend: str


class Reset(NamedTuple):
    """An established connection whose client received a reset."""

    at: int
    connection: str  # new | kept | download


class Tick(NamedTuple):
    """The load program is alive; every request started before `settled` has ended; how late its own timer was."""

    at: int
    settled: int
    late: int


class Progress(NamedTuple):
    """How many bytes of the download have arrived and were right, and from which backend they come."""

    at: int
    received: int
    backend: str


class Break(NamedTuple):
    """The download broke off and had to connect again."""

    at: int
    reason: str


Record = Request | Reset | Tick | Progress | Break
_TYPES: dict[str, type[Record]] = {kind.__name__: kind for kind in (Request, Reset, Tick, Progress, Break)}


def to_line(record: Record) -> str:
    return "\t".join([type(record).__name__, *map(str, record)]) + "\n"


def from_line(line: str) -> Record:
    name, *values = line.rstrip("\n").split("\t")
    kind = _TYPES[name]
    fields: list[Any] = [
        int(value) if annotation is int else value
        for value, annotation in zip(values, kind.__annotations__.values(), strict=True)
    ]
    return kind(*fields)


class RecordFile:
    """Reads on in a file of lines, keeping what it has read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: list[Record] = []
        self._offset = 0

    def read_on(self) -> list[Record]:
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
            complete = data[: data.rfind(b"\n") + 1]
            self._offset += len(complete)
            self.records += map(from_line, complete.decode().splitlines())
        return self.records


class ProbeFile:
    """Reads on in a file of probe records, keeping what it has read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: list[ProbeRecord] = []
        self._offset = 0

    def read_on(self) -> list[ProbeRecord]:
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
            complete = data[: len(data) - len(data) % PROBE.size]
            self._offset += len(complete)
            self.records += map(ProbeRecord._make, PROBE.iter_unpack(complete))
        return self.records
