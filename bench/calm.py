# SPDX-License-Identifier: Apache-2.0
"""Whether a pair stays calm while the machine is overloaded: false failovers, and how late advertisements went out.

Every core is kept busy by other programs, both daemons are made to allocate by a flood of status requests, and light
traffic runs. Nothing fails, so no node has a reason to change its state.
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
from lab.topology import Lab
from lab.traffic import Amount, Traffic

AMOUNT = Amount(new_per_second=50, kept=8, download=False)
HOG = ("-c", "while True: pass")
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
        with capture(lab) as wire:
            before = transitions(pair)
            started = now()
            requests = make_allocate(list(pair.nodes.values()), started + int(options.minutes * NANOS_PER_MINUTE))
            after = transitions(pair)
            sent = [at for at, _ in wire.adverts(since=started)]
        changes = sum(after[name] - before[name] for name in before)
        gaps = sorted((later - earlier) / 1e6 for earlier, later in pairwise(sent))
        figures = traffic.figures(started)
        outcome = {
            "interval_ms": options.interval,
            "minutes": options.minutes,
            "hogs": options.hogs,
            "load_average": os.getloadavg()[0],
            "status_requests": requests,
            "advertisements": len(sent),
            "gap_ms": {"p50": quantile(gaps, 0.5), "p99": quantile(gaps, 0.99), "max": gaps[-1]},
            "transitions": changes,
            "failed_requests": figures.failed_requests,
        }
        if changes:
            print("\n".join(pair.story()))
            print(pair.logs())
    print(f"{options.minutes:g} min at {options.interval} ms, {options.hogs} busy programs, load {outcome['load_average']:.1f}:")
    print(f"  advertisements {len(sent)}, gaps p50 {gaps[len(gaps) // 2]:.2f}, ", end="")
    print(f"p99 {quantile(gaps, 0.99):.2f}, max {gaps[-1]:.2f} ms")
    print(f"  status requests {requests}, failed requests {figures.failed_requests}")
    print(f"  false failovers: {changes}")
    if options.json:
        options.json.write_text(json.dumps(outcome, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
