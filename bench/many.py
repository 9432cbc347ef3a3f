# SPDX-License-Identifier: Apache-2.0
"""A pair with hundreds of virtual routers: false transitions, how late advertisements are, how long all take to move.

Every interface is a segment of its own, with up to 255 virtual routers of one address each. First nothing fails for a
while, then all of them are handed over, and then the host of the Active is lost.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from failover import quantile
from lab import fault
from lab.capture import Capture, capture
from lab.clock import now
from lab.mainstay import Mainstay, Settings
from lab.shell import CommandFailed
from lab.topology import LOAD_BALANCERS, Lab, mac_address
from lab.waiting import wait_until

PRIORITIES = {"lb1": 250, "lb2": 245}
KEY = "0123456789abcdef0123456789abcdef"


def interface(number: int) -> str:
    return f"eth{number}"


def port(name: str, number: int) -> str:
    """Of the switch, behind which the interface of the node lies."""
    return name if number == 0 else f"{name}-{number}"


def add_segments(lab: Lab, interfaces: int) -> None:
    """The lab has the first already."""
    for number in range(1, interfaces):
        bridge = f"br{number}"
        lab.switch.run("ip", "link", "add", bridge, "type", "bridge", "stp_state", "0", "mcast_snooping", "0")
        lab.switch.run("ip", "link", "set", bridge, "addrgenmode", "none", "up")
        for host, name in enumerate(LOAD_BALANCERS, 1):
            own, far = interface(number), port(name, number)
            mac, there = mac_address(16 * number + host), str(lab[name].pid)
            peer = ("peer", "name", own, "address", mac, "netns", there)
            lab.switch.run("ip", "link", "add", far, "type", "veth", *peer)
            lab.switch.run("ip", "link", "set", far, "addrgenmode", "none", "master", bridge, "up")
            lab[name].run("ip", "address", "add", f"198.18.{100 + number}.{host}/24", "dev", own)
            lab[name].run("ip", "link", "set", own, "up")


def configuration(name: str, options: argparse.Namespace, key_file: Path) -> str:
    group = "    sync_group: all\n" if options.sync_group else ""
    signed = (
        f"    authentication: {{keys: [{{id: 1, file: {key_file}}}], active_key: 1}}\n" if options.signed else ""
    )
    routers = "".join(
        f"""\
  - name: {interface(number)}-{vrid}
    interface: {interface(number)}
    vrid: {vrid}
    priority: {PRIORITIES[name]}
    preempt: false
    advertisement_interval: {options.interval}ms
    addresses: [198.18.{2 + number}.{vrid}/32]
{group}{signed}"""
        for number in range(options.interfaces)
        for vrid in range(1, options.routers + 1)
    )
    return f"node:\n  name: {name}\nvirtual_routers:\n{routers}"


class Many:
    """Both nodes with all of their virtual routers."""

    def __init__(self, lab: Lab, options: argparse.Namespace) -> None:
        self.lab = lab
        self.options = options
        self.count = options.interfaces * options.routers
        self.nodes = {
            name: Mainstay(lab[name], Settings(name, PRIORITIES[name], options.interval)) for name in LOAD_BALANCERS
        }

    def start(self, name: str, state: str) -> None:
        node = self.nodes[name]
        key_file = node.node.directory / "key"
        key_file.write_text(KEY)
        key_file.chmod(0o600)
        node.start(configuration(name, self.options, key_file))
        node.await_answering()
        self.await_all(name, state)

    def routers(self, name: str) -> list[dict[str, Any]]:
        routers = self.nodes[name].status()["virtual_routers"]
        assert len(routers) == self.count
        return routers

    def await_all(self, name: str, state: str) -> None:
        wait_until(
            f"all routers of {name} are {state}",
            lambda: all(router["state"] == state for router in self.routers(name)),
            60,
            pause=0.2,
        )

    def transitions(self) -> int:
        return sum(router["transitions"] for name in LOAD_BALANCERS for router in self.routers(name))

    def processor_nanos(self, name: str) -> int:
        """What the daemon and its guard have used of the processors."""
        pids = [self.nodes[name].daemon.pid, self.nodes[name].daemon.daemon_pid]
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        ticks = sum(int(value) for stat in stats for value in stat[11:13])
        return ticks * 1_000_000_000 // os.sysconf("SC_CLK_TCK")

    def lateness(self) -> str:
        """What the nodes say of times at which they did not run."""
        kinds = ("election_late", "fenced", "guard_full")
        return "\n".join(
            f"{name}: {event['sentence']}"
            for name, node in self.nodes.items()
            for event in node.events()
            if event["kind"] in kinds
        )

    def ports(self, name: str) -> list[str]:
        return [port(name, number) for number in range(self.options.interfaces)]


def advertised(wire: Capture, ports: list[str], since: int) -> dict[tuple[str, int], list[int]]:
    """When each virtual router was advertised as Active."""
    times: dict[tuple[str, int], list[int]] = defaultdict(list)
    for frame_port in ports:
        for at, advert in wire.adverts(frame_port, since):
            if advert.priority > 0:
                times[frame_port, advert.vrid].append(at)
    return times


def announced(wire: Capture, ports: list[str], since: int) -> dict[tuple[str, str], int]:
    """When each address was first announced."""
    first: dict[tuple[str, str], int] = {}
    for frame_port in ports:
        for at, arp in wire.arps(frame_port, since):
            if arp.gratuitous:
                first.setdefault((frame_port, arp.sender), at)
    return first


def spread(values: list[float]) -> str:
    return f"p50 {quantile(values, 0.5):.1f}, p99 {quantile(values, 0.99):.1f}, max {max(values):.1f} ms"


def calm(many: Many) -> dict[str, Any]:
    before, used, started = many.transitions(), {n: many.processor_nanos(n) for n in LOAD_BALANCERS}, now()
    with capture(many.lab) as wire:
        until = started + many.options.seconds * 1_000_000_000
        wait_until("the time is over", lambda: bool(wire.frames()) and now() >= until, many.options.seconds + 60, pause=0.5)
        times = advertised(wire, many.ports("lb1"), started)
    elapsed = now() - started
    assert len(times) == many.count, f"{len(times)} routers advertise (expected: {many.count})"
    return {
        "false_transitions": many.transitions() - before,
        "gaps_ms": [(later - earlier) / 1e6 for each in times.values() for earlier, later in pairwise(each)],
        "processor_share": {n: (many.processor_nanos(n) - used[n]) / elapsed for n in LOAD_BALANCERS},
    }


def move(many: Many, act: Callable[[], None], to: str) -> dict[str, Any]:
    """How long everything takes to come to the other node: from the first advertisement there, but for two figures.

    `silent_ms` are from the last advertisement of the former Active, `settled_ms` what it took beforehand until all were heard
    from it.
    """
    leaving = many.ports(other(to))
    with capture(many.lab) as wire:
        before = now()
        wait_until(
            f"each router of {other(to)} is heard",
            lambda: len(advertised(wire, leaving, before)) == many.count,
            pause=0.05,
        )
        settled = max(times[0] for times in advertised(wire, leaving, before).values())
        started = now()
        act()
        # What comes from a host that is lost enters its port of the switch all the same.
        acted = now()
        many.await_all(to, "ACTIVE")
        wait_until("all is announced", lambda: len(announced(wire, many.ports(to), started)) == many.count, pause=0.2)
        former = advertised(wire, leaving, before)
        successor = advertised(wire, many.ports(to), started)
        addresses = announced(wire, many.ports(to), started)
    first = min(each[0] for each in successor.values())
    silent = []
    for key, times in successor.items():
        last = max((at for at in former[former_key(key)] if at < min(times[0], acted)), default=None)
        assert last is not None, f"{other(to)} never advertised {key} before {to} did (expected: Active on {other(to)})"
        silent.append((times[0] - last) / 1e6)
    return {
        "settled_ms": (settled - before) / 1e6,
        "advertised_ms": (max(each[0] for each in successor.values()) - first) / 1e6,
        "announced_ms": (max(addresses.values()) - first) / 1e6,
        "silent_ms": silent,
    }


def former_key(key: tuple[str, int]) -> tuple[str, int]:
    name, dash, number = key[0].partition("-")
    return other(name) + dash + number, key[1]


def other(name: str) -> str:
    first, second = LOAD_BALANCERS
    return second if name == first else first


def switchover(many: Many) -> None:
    many.nodes["lb1"].command("switchover", "--wait", timeout=60)


def lose_host(many: Many) -> None:
    for each in many.ports("lb2"):
        fault.isolate_port(many.lab, each)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench many", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--routers", type=int, default=255, metavar="1..255", help="on each interface (default: 255)")
    parser.add_argument("--interfaces", type=int, default=2, metavar="N", help="(default: 2)")
    parser.add_argument("--interval", type=int, default=100, metavar="MILLIS", help="(default: 100)")
    parser.add_argument("--seconds", type=int, default=20, help="how long to watch while nothing fails (default: 20)")
    parser.add_argument("--signed", action="store_true", help="with authentication")
    parser.add_argument("--sync-group", action="store_true", help="all in one sync group")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    with Lab(LOAD_BALANCERS) as lab:
        add_segments(lab, options.interfaces)
        many = Many(lab, options)
        began = now()
        many.start("lb1", "ACTIVE")
        many.start("lb2", "BACKUP")
        started_ms = (now() - began) / 1e6
        try:
            quiet = calm(many)
            planned = move(many, lambda: switchover(many), "lb2")
            many.await_all("lb1", "BACKUP")
            lost = move(many, lambda: lose_host(many), "lb1")
        except (AssertionError, CommandFailed):
            print(many.lateness(), file=sys.stderr)
            raise
        told = many.lateness()
    how = f"interval {options.interval} ms{', signed' * options.signed}{', one sync group' * options.sync_group}"
    print(f"{many.count} virtual routers on {options.interfaces} interfaces, {how}, load {os.getloadavg()[0]:.1f}")
    print(f"  both nodes ready after {started_ms:.0f} ms")
    print(f"  {options.seconds} s of calm: {quiet['false_transitions']} false transitions, ", end="")
    print(f"gaps between advertisements {spread(quiet['gaps_ms'])}")
    for name, share in quiet["processor_share"].items():
        print(f"  {name} uses {share * 100:.0f} % of a core")
    for what, figures in (("switchover", planned), ("host lost", lost)):
        print(f"  before: all heard within {figures['settled_ms']:.1f} ms")
        print(f"  {what}: all advertised after {figures['advertised_ms']:.1f} ms, ", end="")
        print(f"all announced after {figures['announced_ms']:.1f} ms, silent for {spread(figures['silent_ms'])}")
    print(told)
    if options.json:
        options.json.write_text(json.dumps({"calm": quiet, "switchover": planned, "host_lost": lost}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
