# SPDX-License-Identifier: Apache-2.0
"""How much heap the workers of ours take for one piece of work, as the virtual machine counts it for each thread."""

import re

from lab import jdk
from lab.node import Node
from relaying import processor
from relaying.engines import MainstayProxy
from relaying.works import Driver, Work

WORKER = "mainstay-relay"
_UNITS = {"B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def octets_for_each(driver: Driver, work: Work, engine: MainstayProxy, millis: int) -> float:
    """The same connections for a short and for a long time: what setting them up takes cancels out."""
    short, long = (_run(driver, work, engine, time) for time in (millis, 6 * millis))
    return (long[0] - short[0]) / (long[1] - short[1])


def _run(driver: Driver, work: Work, engine: MainstayProxy, millis: int) -> tuple[float, float]:
    before = _allocated(engine.node, engine)
    told = driver.ask(work, engine, millis)
    return _allocated(engine.node, engine) - before, told["with_warm_up"]


def _allocated(node: Node, engine: MainstayProxy) -> float:
    assert engine.process is not None
    daemon = processor.with_children(engine.process.pid)[-1]
    threads = node.run(jdk.tool("jcmd"), str(daemon), "Thread.print", "-e", timeout=60)
    total = 0.0
    for line in threads.splitlines():
        if line.startswith(f'"{WORKER}'):
            found = re.search(r" allocated=([0-9.]+)([BKMG]) ", line)
            assert found, line
            total += float(found[1]) * _UNITS[found[2]]
    return total
