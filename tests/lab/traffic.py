# SPDX-License-Identifier: Apache-2.0
"""All the load of a demo or test: probes, requests on new and kept connections, a long download."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lab.clock import now
from lab.measure import Figures, Window, figures
from lab.node import Node, python
from lab.pair import Pair
from lab.process import Process
from lab.records import Break, ProbeFile, ProbeRecord, Progress, Record, RecordFile, Request, Tick
from lab.topology import VIP
from lab.waiting import wait_until

PROBE_INTERVAL_NANOS = 1_000_000
_numbers = itertools.count(1)

QUIET_PROBES = 200
"""So many answered probes in a row, and the address counts as served again."""


@dataclass(frozen=True)
class Amount:
    new_per_second: float = 100
    kept: int = 24
    kept_requests_per_second: float = 5
    download: bool = True


class Traffic:
    """Runs on the client from `start` until the client's node is closed.

    Several at the same time have names, each its own.
    """

    def __init__(
        self, client: Node, amount: Amount | None = None, port: int = 80, address: str = VIP, name: str = ""
    ) -> None:
        self._client = client
        self._amount = amount or Amount()
        self._port = port
        self._address = address
        self._name = name
        logs = client.directory / "log"
        self._probes = ProbeFile(logs / f"{name}probe.records")
        self._http = RecordFile(logs / f"{name}http.records")
        self._download = RecordFile(logs / f"{name}download.records")
        self.processes: list[Process] = []

    def start(self) -> None:
        amount, target = self._amount, (self._address, str(self._port))
        self._run("lab.load.probe", self._address, str(self._probes.path), str(PROBE_INTERVAL_NANOS / 1e6))
        if amount.new_per_second or amount.kept:
            self._run(
                "lab.load.http",
                *target,
                str(self._http.path),
                str(amount.new_per_second),
                str(amount.kept),
                str(amount.kept_requests_per_second),
            )
        if amount.download:
            self._run("lab.load.download", *target, str(self._download.path))

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
        self.processes.clear()

    def records(self) -> list[Record]:
        return self._http.read_on() + self._download.read_on()

    def probes(self) -> list[ProbeRecord]:
        return self._probes.read_on()

    def download_backend(self) -> str:
        """The backend that the download runs on, or a dash between two connections."""
        for record in reversed(self._download.read_on()):
            if isinstance(record, Break):
                return "-"
            if isinstance(record, Progress):
                return record.backend
        return "-"

    def downloaded_bytes(self) -> int:
        return max((r.received for r in self._download.read_on() if isinstance(r, Progress)), default=0)

    def await_flowing(self, seconds: float = 30.0) -> None:
        """Waits until probes are answered, requests succeed and the download runs, from now on."""
        start = now()

        def flowing() -> bool:
            self._check_alive()
            probes = [probe for probe in self.probes()[-QUIET_PROBES:] if probe.sent >= start]
            if len(probes) < QUIET_PROBES or not all(probe.answered for probe in probes):
                return False
            if self._amount.download and not self._arrives_since(start):
                return False
            if not (self._amount.new_per_second or self._amount.kept):
                return True
            return self._requests_succeed_since(start)

        wait_until("traffic flows", flowing, seconds)

    def figures(self, start: int, end: int | None = None) -> Figures:
        """What clients saw from start until end (or now), once the fate of everything begun by then is known."""
        end = end or now()

        def settled() -> bool:
            self._check_alive()
            probes = self.probes()
            if not probes or probes[-1].sent < end:
                return False
            if not (self._amount.new_per_second or self._amount.kept):
                return True
            ticks = [r for r in self._http.read_on()[-200:] if isinstance(r, Tick)]
            return bool(ticks) and ticks[-1].settled >= end

        wait_until("the last requests of the window end", settled, 10.0)
        return figures(self.probes(), self.records(), Window(start, end), PROBE_INTERVAL_NANOS)

    def _requests_succeed_since(self, start: int) -> bool:
        recent = [r for r in self._http.read_on()[-50:] if isinstance(r, Request) and r.started >= start]
        return len(recent) >= 10 and all(request.outcome == "ok" for request in recent)

    def _arrives_since(self, start: int) -> bool:
        return any(isinstance(r, Progress) and r.at > start for r in self._download.read_on()[-5:])

    def _check_alive(self) -> None:
        for process in self.processes:
            if not process.running:
                raise AssertionError(f"the load program {process.name} has ended:\n{process.output()}")

    def _run(self, module: str, *arguments: str) -> None:
        self.processes.append(self._client.start(self._name + module.rpartition(".")[2], *python(module, *arguments)))


@contextmanager
def flowing(pair: Pair, amount: Amount | None = None) -> Iterator[Traffic]:
    """Traffic of the pair's client, from when it flows; a pair may see several, one after the other."""
    traffic = Traffic(pair.lab["client"], amount, name=f"{next(_numbers)}-")
    traffic.start()
    try:
        traffic.await_flowing()
        yield traffic
    finally:
        traffic.stop()
