# SPDX-License-Identifier: Apache-2.0
"""How long a node needs to take many addresses over, next to keepalived: until the last is announced, and answers.

One virtual router has all of the addresses. Each of them is asked for an echo until the new Active answers for it, which
is told by the MAC address of the answer; what is announced is captured at the switch. Times count from the command that
makes the fault (noticed), and from the first advertisement of the new Active (announced, answered).
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from failover import FAULTS, quantile
from lab.backends import Backends
from lab.capture import Capture, capture
from lab.clock import now
from lab.keepalived_pair import KeepalivedPair
from lab.mainstay_pair import MainstayPair
from lab.node import python
from lab.pair import Pair, other
from lab.process import Process
from lab.topology import LOAD_BALANCERS, VIP, Lab
from lab.waiting import wait_until

MOST = 250
ASK_EACH_MILLIS = 10
"""Between two questions to one address: the figures are as coarse as that."""
MINE = ("host_lost", "kill", "stop", "planned")


def more(count: int) -> tuple[str, ...]:
    return tuple(f"198.18.1.{number}/32" for number in range(1, count))


def mainstay(lab: Lab, backends: Backends, interval_millis: int, count: int) -> Pair:
    return MainstayPair(lab, backends, interval_millis, more_addresses=more(count))


def keepalived(lab: Lab, backends: Backends, interval_millis: int, count: int) -> Pair:
    return KeepalivedPair(lab, backends, interval_millis, more_vips=more(count))


PRODUCTS: dict[str, Callable[[Lab, Backends, int, int], Pair]] = {"mainstay": mainstay, "keepalived": keepalived}


@dataclass
class Sample:
    """Milliseconds of each run."""

    noticed: list[float] = field(default_factory=list)
    """From the fault to the first word of the new Active."""
    announced: list[float] = field(default_factory=list)
    """From there until every address was announced once."""
    answered: list[float] = field(default_factory=list)
    """From there until every address was answered for."""
    outages: list[float] = field(default_factory=list)
    """The longest time between two answers for one address."""


def asking(pair: Pair, name: str, addresses: list[str]) -> Process:
    """Asks all addresses until the node has answered for each."""
    client = pair.lab["client"]
    command = python("lab.load.sweep", pair.lab.mac(name), str(ASK_EACH_MILLIS), *addresses)
    process = client.start(f"sweep-{now()}", *command)
    process.wait_for_output("asking")
    return process


def answers(process: Process) -> dict[str, tuple[int, int]]:
    """When each address was first answered for, and when it was last answered for by the node before; waits for all."""
    process.exit_status(30)
    lines = [line.split() for line in process.output().splitlines()]
    return {words[0]: (int(words[1]), int(words[2])) for words in lines if len(words) == 3}


def first_announced(wire: Capture, port: str, since: int, addresses: list[str]) -> dict[str, int]:
    """When each address was first announced; empty until all are."""
    first: dict[str, int] = {}
    for at, arp in wire.arps(port, since):
        if arp.gratuitous and arp.sender in addresses:
            first.setdefault(arp.sender, at)
    return first if len(first) == len(addresses) else {}


def play(pair: Pair, wire: Capture, name: str, addresses: list[str], sample: Sample) -> None:
    active = pair.active
    successor = other(active)
    # The client knows every address by the MAC of the one that has it now.
    answers(asking(pair, active, addresses))
    sweep = asking(pair, successor, addresses)
    await_one_holder(pair)
    start = now()
    reached: dict[str, tuple[int, int]] = {}
    FAULTS[name](pair, active, lambda: reached.update(answers(sweep)))
    announced = wait_until("every address is announced", lambda: first_announced(wire, successor, start, addresses))
    adverts = [at for at, advert in wire.adverts(successor, start) if advert.priority > 0]
    first = min(adverts + list(announced.values()))
    assert set(reached) == set(addresses), f"{len(reached)} addresses answered for (expected: {len(addresses)})"
    sample.noticed.append((first - start) / 1e6)
    sample.announced.append((max(announced.values()) - first) / 1e6)
    sample.answered.append((max(by for by, _ in reached.values()) - first) / 1e6)
    sample.outages.append(max(by - before for by, before in reached.values() if before) / 1e6)
    await_one_holder(pair)
    pair.await_standby(other(pair.active))


def await_one_holder(pair: Pair) -> None:
    wait_until("one node holds the address", lambda: sum(map(pair.holds_address, LOAD_BALANCERS)) == 1)


def measure(product: str, options: argparse.Namespace) -> dict[str, Sample]:
    addresses = [address.partition("/")[0] for address in more(options.addresses)] + [VIP]
    with Lab() as lab:
        lab["client"].run("ip", "route", "add", "198.18.1.0/24", "dev", "eth0")
        backends = Backends(lab)
        backends.start_all()
        pair = PRODUCTS[product](lab, backends, options.interval, options.addresses)
        pair.start()
        samples = {name: Sample() for name in options.fault or MINE}
        for _ in range(options.runs):
            for name, sample in samples.items():
                with capture(lab) as wire:
                    play(pair, wire, name, addresses, sample)
        return samples


def spread(values: list[float]) -> str:
    return " / ".join(f"{value:.1f}" for value in (quantile(values, 0.5), quantile(values, 0.99), max(values)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench takeover", description=(__doc__ or "").partition("\n")[0])
    counts = range(1, MOST + 1)
    parser.add_argument("--addresses", type=int, default=200, choices=counts, metavar=f"1..{MOST}", help="(default: 200)")
    parser.add_argument("--interval", type=int, default=100, metavar="MILLIS", help="of advertisements (default: 100)")
    parser.add_argument("--runs", type=int, default=10, help="how often each fault is played (default: 10)")
    parser.add_argument("--fault", choices=MINE, action="append", help="may be repeated (default: all)")
    parser.add_argument("--only", choices=PRODUCTS, help="one product alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single figure there")
    options = parser.parse_args()
    results = {product: measure(product, options) for product in ([options.only] if options.only else PRODUCTS)}
    print(f"\n{options.addresses} addresses, interval {options.interval} ms, {options.runs} runs each, ", end="")
    print(f"load {os.getloadavg()[0]:.1f}; milliseconds: p50 / p99 / max\n")
    columns = ("noticed", "all announced after", "all answered after", "longest outage")
    print(f"{'fault':<10} {'product':<11}" + "".join(f" {column:>22}" for column in columns))
    for name in options.fault or MINE:
        for product, samples in results.items():
            one = samples[name]
            row = (one.noticed, one.announced, one.answered, one.outages)
            print(f"{name:<10} {product:<11}" + "".join(f" {spread(values):>22}" for values in row))
    if options.json:
        document = {
            product: {name: vars(sample) for name, sample in samples.items()} for product, samples in results.items()
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
