# SPDX-License-Identifier: Apache-2.0
"""How much heap the workers of ours take for one piece of work, as the virtual machine counts it for each thread."""

import re

from lab import jdk
from relaying import processor
from relaying.engines import MainstayProxy
from relaying.works import Driver, Work

WORKER = "mainstay-relay"
_ATTEMPTS = 5
_LEAST_TOLD = 2.0
_UNITS = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def octets_for_each(driver: Driver, work: Work, engine: MainstayProxy, millis: int) -> float:
    """The same connections for a short and for a long time: what setting them up takes cancels out."""
    short, long = (_run(driver, work, engine, time) for time in (millis, 6 * millis))
    return (long[0] - short[0]) / (long[1] - short[1])


def profile(driver: Driver, work: Work, engine: MainstayProxy, millis: int) -> list[tuple[float, str]]:
    """Which classes these octets are of, the most first: what the heap holds more of afterwards, unreachable objects among it."""
    for _ in range(_ATTEMPTS):
        before = _heap(engine)
        pieces = driver.ask(work, engine, millis)["with_warm_up"]
        after = _heap(engine)
        if sum(after.values()) > sum(before.values()):
            grown = [((octets - before.get(name, 0)) / pieces, name) for name, octets in after.items()]
            return sorted((each for each in grown if each[0] >= _LEAST_TOLD), reverse=True)
    raise AssertionError(f"{work.name}: each time the garbage collector ran meanwhile; try fewer --millis")


def _heap(engine: MainstayProxy) -> dict[str, int]:
    """Octets of each class, without a collection first."""
    lines = _ask(engine, "GC.class_histogram", "-all").splitlines()
    found = [re.match(r"\s*\d+:\s+\d+\s+(\d+)\s+(\S+)", line) for line in lines]
    # What fills gaps up is no object of anybody.
    return {row[2]: int(row[1]) for row in found if row and "FillerElement" not in row[2]}


def _run(driver: Driver, work: Work, engine: MainstayProxy, millis: int) -> tuple[float, float]:
    before = _allocated(engine)
    told = driver.ask(work, engine, millis)
    return _allocated(engine) - before, told["with_warm_up"]


def _ask(engine: MainstayProxy, *command: str) -> str:
    """The virtual machine of the daemon."""
    assert engine.process is not None
    daemon = processor.with_children(engine.process.pid)[-1]
    return engine.node.run(jdk.tool("jcmd"), str(daemon), *command, timeout=60)


def _allocated(engine: MainstayProxy) -> float:
    total = 0.0
    for line in _ask(engine, "Thread.print", "-e").splitlines():
        if line.startswith(f'"{WORKER}'):
            found = re.search(r" allocated=([0-9.]+)([BKMG]) ", line)
            assert found, line
            total += float(found[1]) * _UNITS[found[2]]
    return total
