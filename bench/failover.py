# SPDX-License-Identifier: Apache-2.0
"""How long clients are without the address and without service when a node fails, next to keepalived and HAProxy.

Each fault is played many times on a pair under light traffic, for each product in turn in the same run. What counts as
an outage, and as a time without service, is defined in tests/lab/measure.py; what as a frame by two owners, and as one that
was sent twice, in tests/lab/owners.py. Nodes do not preempt, so that each fault moves the address once, from one node to the
other and back.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lab import fault
from lab.backends import Backends
from lab.capture import Capture, capture
from lab.clock import now
from lab.keepalived_pair import KeepalivedPair
from lab.mainstay_pair import MainstayPair
from lab.measure import Figures
from lab.owners import by_two_owners, sent_twice
from lab.pair import Pair, other
from lab.topology import LOAD_BALANCERS, VIP, Lab
from lab.traffic import Amount, Traffic
from lab.waiting import wait_until

UPLINK = "uplink"
"""A second interface of each node, which is tracked: without it a node has a fault."""
VIRTUAL = ("198.18.0.100", "198.18.1.0/24")
"""Where virtual addresses stand; the second for more than one."""


def mainstay(lab: Lab, backends: Backends, interval_millis: int) -> Pair:
    tracking = f"track: {{interfaces: [{{name: {UPLINK}}}]}}"
    return MainstayPair(lab, backends, interval_millis, router_lines=tracking)


def keepalived(lab: Lab, backends: Backends, interval_millis: int) -> Pair:
    return KeepalivedPair(lab, backends, interval_millis, ("track_interface {", UPLINK, "}"))


PRODUCTS: dict[str, Callable[[Lab, Backends, int], Pair]] = {"mainstay": mainstay, "keepalived": keepalived}
# Requests on new connections alone, often enough to see a few milliseconds.
AMOUNT = Amount(new_per_second=200, kept=0, download=False)
ALWAYS = 0
"""From when on others hear what the former Active sends: what a fault returns that cuts nobody off."""


def kill(pair: Pair, active: str, served: Callable[[], None]) -> int:
    """What elects and serves is killed; the host goes on."""
    pair.kill(active)
    pair.await_active(other(active))
    served()
    pair.restart(active)
    return ALWAYS


def host_lost(pair: Pair, active: str, served: Callable[[], None]) -> int:
    """The host is silent from one moment to the next; the switch sees no link go down."""
    fault.isolate_port(pair.lab, active)
    pair.await_active(other(active))
    served()
    # It comes back as after a new start: a dead host keeps nothing.
    pair.crash(active)
    for prefix in VIRTUAL:
        pair.lab[active].attempt("ip", "address", "flush", "dev", "eth0", "to", prefix)
    joined = now()
    fault.join_port(pair.lab, active)
    pair.restart(active)
    return joined


def link_cut(pair: Pair, active: str, served: Callable[[], None]) -> int:
    """The cable is pulled."""
    fault.pull_cable(pair.lab, active)
    pair.await_active(other(active))
    served()
    fault.plug_cable(pair.lab, active)
    return ALWAYS


def freeze(pair: Pair, active: str, served: Callable[[], None]) -> int:
    """The programs stand still until the peer serves."""
    pair.freeze(active)
    pair.await_active(other(active))
    served()
    pair.thaw(active)
    return ALWAYS


def planned(pair: Pair, active: str, served: Callable[[], None]) -> int:
    """A switchover as an operator asks for it."""
    pair.switchover()
    pair.await_active(other(active))
    served()
    return ALWAYS


def tracked(pair: Pair, active: str, served: Callable[[], None]) -> int:
    """What the node needs beside its own link fails: another interface goes down."""
    pair.lab[active].run("ip", "link", "set", UPLINK, "down")
    pair.await_active(other(active))
    served()
    pair.lab[active].run("ip", "link", "set", UPLINK, "up")
    return ALWAYS


def stop(pair: Pair, active: str, served: Callable[[], None]) -> int:
    """The service is stopped as at a shutdown, and says goodbye."""
    pair.stop(active)
    pair.await_active(other(active))
    served()
    pair.restart(active)
    return ALWAYS


FAULTS = {
    "host_lost": host_lost,
    "link_cut": link_cut,
    "kill": kill,
    "freeze": freeze,
    "tracked": tracked,
    "stop": stop,
    "planned": planned,
}


@dataclass
class Sample:
    """What clients saw of one fault of one product, and what the nodes sent, run by run."""

    outages: list[float] = field(default_factory=list)
    without_service: list[float] = field(default_factory=list)
    failed: int = 0
    two_owners: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)

    def add(self, figures: Figures) -> None:
        self.outages.append(figures.outage.millis)
        self.without_service.append(figures.without_service_millis)
        self.failed += figures.failed_requests


def measure(product: str, interval_millis: int, faults: list[str], runs: int) -> dict[str, Sample]:
    with Lab() as lab, capture(lab) as wire:
        for name in LOAD_BALANCERS:
            lab[name].run("ip", "link", "add", UPLINK, "up", "type", "veth", "peer", "name", f"{UPLINK}-far")
            lab[name].run("ip", "link", "set", f"{UPLINK}-far", "up")
        backends = Backends(lab)
        backends.start_all()
        pair = PRODUCTS[product](lab, backends, interval_millis)
        pair.start()
        traffic = Traffic(lab["client"], AMOUNT)
        traffic.start()
        traffic.await_flowing()
        samples = {name: Sample() for name in faults}
        for run in range(1, runs + 1):
            for name in faults:
                progress(f"{product} {interval_millis} ms: run {run} of {runs}: {name}")
                play(pair, traffic, wire, name, samples[name])
        progress("")
        return samples


def progress(text: str) -> None:
    """Overwrites one line of a terminal."""
    if sys.stderr.isatty():
        print(f"\r{text:<70}", end="" if text else "\r", file=sys.stderr)


def play(pair: Pair, traffic: Traffic, wire: Capture, name: str, sample: Sample) -> None:
    active = pair.active
    start = now()
    heard_from = FAULTS[name](pair, active, traffic.await_flowing)
    wait_until("one node holds the address", lambda: sum(map(pair.holds_address, LOAD_BALANCERS)) == 1)
    # A keepalived of higher priority that was frozen takes the address back as soon as it wakes.
    pair.await_standby(other(pair.active))
    for backend in pair.backends.names:
        pair.await_backend(backend, healthy=True)
    traffic.await_flowing()
    sample.add(traffic.figures(start))
    frames = [frame for frame in wire.frames() if frame.at >= start]
    sample.two_owners.append(by_two_owners(frames, VIP, active, heard_from))
    sample.twice.append(sent_twice(frames, VIP))


def quantile(values: list[float], share: float) -> float:
    """The smallest value that is not below so great a share of all."""
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def table(results: dict[str, dict[str, Sample]], interval_millis: int, runs: int) -> None:
    print(f"\nadvertisement interval {interval_millis} ms, {runs} runs each; milliseconds: p50 / p99 / max\n")
    print(
        f"{'fault':<12} {'product':<12} {'outage':>24} {'without service':>24} {'failed requests':>16} "
        f"{'by two owners':>14} {'sent twice':>11}"
    )
    for name in FAULTS:
        for product, samples in results.items():
            if name in samples:
                sample = samples[name]
                print(
                    f"{name:<12} {product:<12} {spread(sample.outages):>24} {spread(sample.without_service):>24} "
                    f"{sample.failed:>16} {sum(sample.two_owners):>14} {sum(sample.twice):>11}"
                )


def spread(values: list[float]) -> str:
    return " / ".join(f"{value:.0f}" for value in (quantile(values, 0.5), quantile(values, 0.99), max(values)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench failover", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--interval",
        type=int,
        action="append",
        metavar="MILLIS",
        help="advertisement interval; may be repeated (default: 100)",
    )
    parser.add_argument("--runs", type=int, default=10, help="how often each fault is played (default: 10)")
    parser.add_argument("--fault", choices=FAULTS, action="append", help="may be repeated (default: all)")
    parser.add_argument("--only", choices=PRODUCTS, help="one product alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single figure there")
    options = parser.parse_args()
    document = []
    for interval_millis in options.interval or [100]:
        results = {
            product: measure(product, interval_millis, options.fault or list(FAULTS), options.runs)
            for product in ([options.only] if options.only else PRODUCTS)
        }
        table(results, interval_millis, options.runs)
        document += [
            {
                "interval_ms": interval_millis,
                "product": product,
                "fault": name,
                "outage_ms": sample.outages,
                "no_service_ms": sample.without_service,
                "failed_requests": sample.failed,
                "frames_by_two_owners": sample.two_owners,
                "frames_sent_twice": sample.twice,
            }
            for product, samples in results.items()
            for name, sample in samples.items()
        ]
    if options.json:
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
