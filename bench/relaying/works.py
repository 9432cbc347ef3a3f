# SPDX-License-Identifier: Apache-2.0
"""What is measured, and in which figures."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.node import Node
from relaying import processor
from relaying.engines import Engine

Sample = dict[str, float]


@dataclass(frozen=True)
class Figure:
    """One figure of a work. `more` tells whether a larger one is better."""

    key: str
    title: str
    more: bool
    digits: int = 0


@dataclass(frozen=True)
class Work:
    """One kind of load for a slice of time."""

    name: str
    title: str
    connections: int
    figures: tuple[Figure, ...]
    derive: Callable[[dict[str, Any], float], Sample]
    """From what the driver told, and the balancer's processor time over all of it."""


def _rate(told: dict[str, Any], _cpu: float) -> Sample:
    return {"rate": told["per_second"], "p99": told["p99_us"]}


def _requests(told: dict[str, Any], cpu: float) -> Sample:
    return {**_rate(told, cpu), "cpu": cpu / told["with_warm_up"] * 1e6}


def _connections(told: dict[str, Any], cpu: float) -> Sample:
    return {**_rate(told, cpu), "cpu": cpu / told["with_warm_up"] * 1e3, "failed": told["failed"]}


def _bulk(told: dict[str, Any], cpu: float) -> Sample:
    return {"rate": told["per_second"] / 1e6, "cpu": cpu / told["with_warm_up"] * 1e9}


def _latency(told: dict[str, Any], _cpu: float) -> Sample:
    return {"p50": told["p50_us"], "p99": told["p99_us"], "p999": told["p999_us"]}


def _datagrams(told: dict[str, Any], cpu: float) -> Sample:
    share = told["lost"] / max(told["done"] + told["lost"], 1)
    return {"rate": told["per_second"], "lost": 100 * share, "cpu": cpu / max(told["with_warm_up"], 1) * 1e6}


RATES = (
    Work(
        "keepalive",
        "requests on 64 kept connections",
        64,
        (Figure("rate", "requests/s", True), Figure("p99", "p99 µs", False), Figure("cpu", "cpu µs/request", False, 1)),
        _requests,
    ),
    Work(
        "connect",
        "a connection for each request, 64 at a time",
        64,
        (
            Figure("rate", "connections/s", True),
            Figure("p99", "p99 µs", False),
            Figure("cpu", "cpu s/1000", False, 4),
        ),
        _connections,
    ),
    Work(
        "download",
        "bulk to the client, 4 connections",
        4,
        (Figure("rate", "MB/s", True), Figure("cpu", "cpu s/GB", False, 3)),
        _bulk,
    ),
    Work(
        "upload",
        "bulk to the backends, 4 connections",
        4,
        (Figure("rate", "MB/s", True), Figure("cpu", "cpu s/GB", False, 3)),
        _bulk,
    ),
    Work(
        "latency",
        "1 kB there and back on one connection, one after the other",
        1,
        (Figure("p50", "p50 µs", False), Figure("p99", "p99 µs", False), Figure("p999", "p999 µs", False)),
        _latency,
    ),
    Work(
        "udp",
        "64 octets there and back, 64 clients with 8 datagrams each on their way",
        64,
        (
            Figure("rate", "echoes/s", True),
            Figure("lost", "lost %", False, 2),
            Figure("cpu", "cpu µs/echo", False, 1),
        ),
        _datagrams,
    ),
    Work(
        "udp1",
        "64 octets there and back, 512 clients with 1 datagram each on its way",
        512,
        (
            Figure("rate", "echoes/s", True),
            Figure("lost", "lost %", False, 2),
            Figure("cpu", "cpu µs/echo", False, 1),
        ),
        _datagrams,
    ),
)

IDLE_CONNECTIONS = 9_300
"""Two descriptors each, of the 20,000 that a process may have on a common system, less what ours keeps in reserve."""

IDLE = Work(
    "idle",
    f"{IDLE_CONNECTIONS} idle connections that were used once",
    IDLE_CONNECTIONS,
    (Figure("memory", "kB/connection", False, 2),),
    lambda told, cpu: {},
)


class Driver:
    """The load generator on the node of the client."""

    def __init__(self, node: Node, program: Path) -> None:
        self._node = node
        self._program = str(program)

    def ask(self, work: Work, engine: Engine, millis: int) -> dict[str, Any]:
        """Lets the driver work and returns what it tells."""
        words = [work.name, str(millis), str(work.connections), *engine.targets]
        told = json.loads(self._node.run(self._program, *words, timeout=120))
        assert isinstance(told, dict)
        return told

    def measure(self, work: Work, engine: Engine, millis: int) -> Sample:
        before = self._cpu(engine)
        told = self.ask(work, engine, millis)
        return work.derive(told, self._cpu(engine) - before)

    @staticmethod
    def _cpu(engine: Engine) -> float:
        return processor.seconds(engine.process.pid) if engine.process else 0.0

    def idle_memory(self, engine: Engine) -> Sample:
        """What each connection adds to the engine's memory."""
        assert engine.process is not None
        before = processor.resident_bytes(engine.process.pid)
        with subprocess.Popen(
            self._node.inside([self._program, IDLE.name, "0", str(IDLE.connections), *engine.targets]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as holder:
            assert holder.stdin is not None and holder.stdout is not None
            if holder.stdout.readline() != b"holding\n":
                raise AssertionError(f"{engine.name}: the connections could not be opened")
            after = processor.resident_bytes(engine.process.pid)
            holder.stdin.close()
            holder.stdout.read()
        return {"memory": (after - before) / 1024 / IDLE.connections}
