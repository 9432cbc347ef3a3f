# SPDX-License-Identifier: Apache-2.0
"""How many system calls an engine makes for one piece of work, as strace counts them."""

import signal
import subprocess
from pathlib import Path

from lab.node import Node
from lab.waiting import wait_until
from relaying import processor
from relaying.engines import Engine
from relaying.works import Driver, Work

LEAST_SHARE = 0.005
"""Calls that are rarer than this for a piece of work belong to something else: checks, ticks, the guard."""


def count(node: Node, driver: Driver, work: Work, engine: Engine, millis: int) -> dict[str, float]:
    """Calls by name for each request, connection or datagram; for each MB of bulk."""
    assert engine.process is not None
    output = engine.directory / f"strace-{work.name}.txt"
    pids = [word for pid in processor.with_children(engine.process.pid) for word in ("-p", str(pid))]
    with subprocess.Popen(
        node.inside(["strace", "-c", "-f", "-o", str(output), *pids]), stderr=subprocess.PIPE
    ) as tracer:
        assert tracer.stderr is not None
        wait_until("strace is attached", lambda: b"attached" in (tracer.stderr.readline() if tracer.stderr else b""))
        told = driver.ask(work, engine, millis)
        tracer.send_signal(signal.SIGINT)
        tracer.stderr.read()
    pieces = told["with_warm_up"] / (1e6 if work.name in ("download", "upload") else 1)
    return {name: calls / pieces for name, calls in parse(output).items() if calls / pieces >= LEAST_SHARE}


def parse(output: Path) -> dict[str, int]:
    """The table of strace -c: share, seconds, microseconds a call, calls, perhaps errors, name."""
    counts = {}
    for line in output.read_text().splitlines():
        words = line.split()
        if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
            counts[words[-1]] = int(words[3])
    return counts


def table(counts: dict[str, dict[str, dict[str, float]]]) -> str:
    lines = ["system calls for each request, connection, datagram or MB (strace -c -f)"]
    for work, engines in counts.items():
        lines.append(f"\n  {work}")
        for engine, calls in engines.items():
            told = ", ".join(
                f"{name} {number:.2f}" for name, number in sorted(calls.items(), key=lambda pair: -pair[1])
            )
            lines.append(f"    {engine:<16} {sum(calls.values()):6.2f}   {told}")
    return "\n".join(lines)
