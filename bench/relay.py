# SPDX-License-Identifier: Apache-2.0
"""The relay beside HAProxy, nginx stream and no balancer: requests, connections, bulk, latency, datagrams, idle memory.

A lab of a client, a balancer and two backends, in which all engines run at the same time and take turns: in each round
every work is done for a short while through every engine, in an order that rotates. Figures are medians over the rounds;
ratios are of the same round, told as median (first quartile - third quartile), so that what else the machine does
meanwhile meets both sides. All programs share the processors of the machine, so a rate says what the whole way costs.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from lab.node import Node
from lab.topology import ADDRESSES, Lab
from relaying import allocations, syscalls
from relaying.engines import (
    BALANCER,
    NAT_NODE,
    ORIGIN_PORT,
    ORIGINS,
    Direct,
    Engine,
    MainstayProxy,
    kinds,
    make_engines,
)
from relaying.report import Samples, table
from relaying.works import IDLE, RATES, Driver, Work

SOURCES = Path(__file__).parent / "load"
PROGRAMS = Path(__file__).parent.parent / "target" / "bench"

WARM_UP_MILLIS = 5_000
"""Of each load through each engine that has to compile itself while it runs."""

MOST_PROFILED_MILLIS = 500
"""What is allocated in the time has to fit into the young generation."""

START_MILLIS = 500
"""Of each load through each other engine, for the tables of neighbours and ports."""

NETWORK_SETTINGS = {
    "net.ipv4.ip_local_port_range": "1024 65535",
    "net.ipv4.tcp_tw_reuse": "1",
    "net.ipv4.tcp_max_tw_buckets": "20000",
    "net.core.somaxconn": "8192",
    "net.ipv4.tcp_congestion_control": "cubic",
    "net.ipv4.tcp_max_syn_backlog": "8192",
}
"""The same for all: no engine is to stumble over the ports of connections that are gone."""


def compile_load() -> None:
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    for name in ("origin", "driver", "bare"):
        subprocess.run(
            ["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", str(PROGRAMS / name), str(SOURCES / f"{name}.c")],
            check=True,
        )


def prepare(node: Node) -> None:
    for key, value in NETWORK_SETTINGS.items():
        node.attempt("sysctl", "-qw", f"{key}={value}")


def start_origins(lab: Lab) -> None:
    for origin in ORIGINS:
        process = lab[origin].start("origin", str(PROGRAMS / "origin"), ADDRESSES[origin], str(ORIGIN_PORT))
        process.wait_for_output("serves on")


def rotated(engines: list[Engine], by: int) -> list[Engine]:
    by %= len(engines)
    return engines[by:] + engines[:by]


def progress(text: str) -> None:
    """Overwrites one line of a terminal."""
    if sys.stderr.isatty():
        print(f"\r{text:<70}", end="" if text else "\r", file=sys.stderr)


def warm_up(driver: Driver, engines: list[Engine], works: list[Work], compiled_millis: int) -> None:
    for work in works:
        for engine in engines:
            if work.name in engine.works:
                progress(f"warming up: {work.name}: {engine.name}")
                driver.measure(work, engine, compiled_millis if isinstance(engine, MainstayProxy) else START_MILLIS)


def measure_rates(
    driver: Driver, engines: list[Engine], works: list[Work], rounds: int, millis: int
) -> dict[str, Samples]:
    results: dict[str, Samples] = {
        work.name: {engine.name: [] for engine in engines if work.name in engine.works} for work in works
    }
    for turn in range(rounds):
        for work in works:
            for engine in rotated(engines, turn):
                if work.name in engine.works:
                    progress(f"round {turn + 1} of {rounds}: {work.name}: {engine.name}")
                    results[work.name][engine.name].append(driver.measure(work, engine, millis))
    progress("")
    return results


def measure_idle(driver: Driver, engines: list[Engine], rounds: int) -> Samples:
    """Each time on an engine that was just started: memory that earlier work left would hide what a connection needs."""
    samples: Samples = {}
    for engine in engines:
        if isinstance(engine, Direct) or IDLE.name not in engine.works:
            continue
        samples[engine.name] = []
        for turn in range(rounds):
            progress(f"idle connections: {engine.name}: {turn + 1} of {rounds}")
            engine.stop()
            engine.start()
            samples[engine.name].append(driver.idle_memory(engine))
    progress("")
    return samples


def count_calls(driver: Driver, engines: list[Engine], works: list[Work], millis: int) -> None:
    """With strace attached everything is slow: nothing but the number of calls means something."""
    counts: dict[str, dict[str, dict[str, float]]] = {work.name: {} for work in works}
    for work in works:
        for engine in engines:
            if engine.process is not None and work.name in engine.works:
                progress(f"counting: {work.name}: {engine.name}")
                driver.measure(work, engine, WARM_UP_MILLIS)
                counts[work.name][engine.name] = syscalls.count(engine.node, driver, work, engine, millis)
    progress("")
    print(syscalls.table(counts))


def count_allocations(driver: Driver, engines: list[Engine], works: list[Work], millis: int) -> None:
    print("octets of heap that the workers allocate for each request, connection, octet of bulk or datagram")
    for work in works:
        for engine in engines:
            if isinstance(engine, MainstayProxy) and engine.kind == MainstayProxy.kind and work.name in engine.works:
                progress(f"counting: {work.name}: {engine.name}")
                driver.measure(work, engine, WARM_UP_MILLIS)
                octets = allocations.octets_for_each(driver, work, engine, millis)
                print(f"  {work.name:<10} {engine.name:<12} {octets:10.4f}")
                for each, name in allocations.profile(driver, work, engine, min(millis, MOST_PROFILED_MILLIS)):
                    print(f"  {'':<23} {each:10.1f} {name}")
    progress("")


def main() -> int:
    names = [work.name for work in (*RATES, IDLE)]
    parser = argparse.ArgumentParser(prog="./dev bench relay", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=kinds(), help="one kind of engine; may be repeated")
    parser.add_argument("--work", action="append", choices=names, help="one kind of load; may be repeated")
    parser.add_argument("--rounds", type=int, default=10, help="how often everything is measured (default: 10)")
    parser.add_argument("--millis", type=int, default=1000, help="length of one measurement (default: 1000)")
    parser.add_argument(
        "--warm-up",
        type=float,
        default=WARM_UP_MILLIS / 1000,
        metavar="SECONDS",
        help="of each load through ours before anything is measured, so that its code is compiled (default: 5)",
    )
    parser.add_argument("--quick", action="store_true", help="3 rounds of 400 ms, warmed up for 400 ms, to see that it works")
    parser.add_argument("--syscalls", action="store_true", help="count system calls instead, with strace")
    parser.add_argument("--allocations", action="store_true", help="count octets of heap that ours allocates instead")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every single figure there")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.millis, options.warm_up = 3, 400, 0.4
    wanted = options.work or names
    compile_load()
    with Lab(("client", BALANCER, NAT_NODE, *ORIGINS)) as lab:
        for node in lab.nodes.values():
            prepare(node)
        start_origins(lab)
        engines = make_engines(lab, options.only or [])
        for engine in engines:
            engine.start()
        driver = Driver(lab["client"], PROGRAMS / "driver")
        works = [work for work in RATES if work.name in wanted]
        if options.syscalls:
            count_calls(driver, engines, works, options.millis)
            return 0
        if options.allocations:
            count_allocations(driver, engines, works, options.millis)
            return 0
        print(f"{options.rounds} rounds of {options.millis} ms, {os.cpu_count()} processors, Linux {os.uname().release}")
        warm_up(driver, engines, works, round(options.warm_up * 1000))
        results = measure_rates(driver, engines, works, options.rounds, options.millis)
        for work in works:
            print(table(work, results[work.name]), flush=True)
        if IDLE.name in wanted:
            results[IDLE.name] = measure_idle(driver, engines, min(options.rounds, 3))
            print(table(IDLE, results[IDLE.name]))
    if options.json:
        document = {
            "rounds": options.rounds,
            "millis": options.millis,
            "processors": os.cpu_count(),
            "kernel": os.uname().release,
            "works": results,
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
