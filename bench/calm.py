# SPDX-License-Identifier: Apache-2.0
"""Whether a pair stays calm while the machine is overloaded: false failovers, and how late advertisements went out.

Every core is kept busy by other programs, both daemons are made to allocate by a flood of status requests, and light
traffic runs. Nothing fails, so no node has a reason to change its state.

A program of the highest real-time priority on each processor looks at the clock meanwhile. Where even that came late, the
machine itself stood still, and no program of it could have advertised from that processor.
"""

import argparse
import json
import os
import sys
from itertools import pairwise
from pathlib import Path

from lab.backends import Backends
from lab.capture import capture
from lab.clock import now
from lab.control import get
from lab.mainstay import Mainstay
from lab.mainstay_pair import MainstayPair
from lab.node import python
from lab.process import Process
from lab.topology import Lab
from lab.traffic import Amount, Traffic
from lab.waiting import wait_until

AMOUNT = Amount(new_per_second=50, kept=8, download=False)
HOG = ("-c", "while True: pass")
STANDSTILL_MILLIS = 5.0
"""From which on a late look at the clock is told."""
NANOS_PER_MINUTE = 60_000_000_000


def transitions(pair: MainstayPair) -> dict[str, int]:
    return {name: node.router()["transitions"] for name, node in pair.nodes.items()}


def make_allocate(nodes: list[Mainstay], until: int) -> int:
    """Asks for the status again and again, which the daemon answers with some 10 kB of garbage each time."""
    requests = 0
    while now() < until:
        for node in nodes:
            get(node.socket, "/v1/status")
            requests += 1
    return requests


def vigils(lab: Lab) -> list[Process]:
    started = [
        lab["client"].start(f"vigil-{cpu}", *python("lab.load.vigil", str(cpu), str(STANDSTILL_MILLIS)))
        for cpu in sorted(os.sched_getaffinity(0))
    ]
    for one in started:
        wait_until(f"{one.name} watches", lambda one=one: "watching" in one.output())
    return started


def standstills(vigils: list[Process], since: int) -> list[dict[str, float]]:
    """When a processor stood still, in seconds after the start, and for how long."""
    found = []
    for cpu, one in enumerate(vigils):
        for due, late in (map(int, line.split()) for line in one.output().splitlines() if line != "watching"):
            if due >= since:
                found.append({"processor": cpu, "at_s": (due - since) / 1e9, "ms": late / 1e6})
    return sorted(found, key=lambda one: one["at_s"])


def quantile(ordered: list[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench calm", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--interval", type=int, default=10, metavar="MILLIS", help="(default: 10)")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to watch (default: 10)")
    parser.add_argument("--hogs", type=int, default=2 * (os.cpu_count() or 1), help="busy programs (default: 2 a core)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    with Lab() as lab:
        backends = Backends(lab)
        backends.start_all()
        pair = MainstayPair(lab, backends, options.interval)
        pair.start()
        traffic = Traffic(lab["client"], AMOUNT)
        traffic.start()
        traffic.await_flowing()
        for number in range(options.hogs):
            lab["client"].start(f"hog-{number}", sys.executable, *HOG)
        watchers = vigils(lab)
        with capture(lab) as wire:
            before = transitions(pair)
            started = now()
            requests = make_allocate(list(pair.nodes.values()), started + int(options.minutes * NANOS_PER_MINUTE))
            after = transitions(pair)
            sent = [at for at, _ in wire.adverts(since=started)]
        changes = sum(after[name] - before[name] for name in before)
        gaps = sorted((later - earlier) / 1e6 for earlier, later in pairwise(sent))
        figures = traffic.figures(started)
        stood_still = standstills(watchers, started)
        outcome = {
            "interval_ms": options.interval,
            "minutes": options.minutes,
            "hogs": options.hogs,
            "load_average": os.getloadavg()[0],
            "status_requests": requests,
            "advertisements": len(sent),
            "gap_ms": {"p50": quantile(gaps, 0.5), "p99": quantile(gaps, 0.99), "max": gaps[-1]},
            "transitions": changes,
            "standstills": stood_still,
            "failed_requests": figures.failed_requests,
        }
        if changes:
            print("\n".join(pair.story()))
            print(pair.logs())
    print(f"{options.minutes:g} min at {options.interval} ms, {options.hogs} busy programs, load {outcome['load_average']:.1f}:")
    print(f"  advertisements {len(sent)}, gaps p50 {gaps[len(gaps) // 2]:.2f}, ", end="")
    print(f"p99 {quantile(gaps, 0.99):.2f}, max {gaps[-1]:.2f} ms")
    print(f"  status requests {requests}, failed requests {figures.failed_requests}")
    print(f"  transitions, of which there should be none: {changes}")
    longest = max(stood_still, key=lambda one: one["ms"], default=None)
    print(f"  a processor of the machine itself stood still for more than {STANDSTILL_MILLIS:g} ms: {len(stood_still)} times", end="")
    print(f", at most {longest['ms']:.1f} ms, {longest['at_s']:.1f} s after the start" if longest else "")
    if options.json:
        options.json.write_text(json.dumps(outcome, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
