#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How fast the guard reacts: bench_guard.py FOLDER-OF-THE-BUILD [RUNS]. Needs root.

Each figure is the time from the signal to the arrival of the first resignation at the other end of the cable, by the
clock of the kernel. The address is gone by then, because it is removed first.
"""

import os
import re
import signal
import statistics
import sys
import time

from lab import Guarded, Segment, add, resignation

LEASE_MILLIS = 30

SMALL = ()
LARGE = ("--threads", 30, "--memory", 500)


def held(count):
    addresses = [f"198.18.{2 + i // 200}.{i % 200 + 1}" for i in range(count)]
    for address in addresses:
        add(f"{address}/32")
    hold = [word for address in addresses for word in ("--hold", f"g0,{address},32")]
    return [*hold, "--resign", f"g0,{resignation().hex()}"]


def once(segment, folder, addresses, number, tenant):
    segment.clean()
    lease = LEASE_MILLIS if number == signal.SIGSTOP else 5000
    guard = Guarded.tenant(folder, *held(addresses), "--lease", lease, *tenant)
    try:
        child = guard.child()
        time.sleep(0.05)  # the guard has looked at the page since
        started = time.time_ns()
        os.kill(child, number)
        arrived = segment.datagram(10)
        page = guard.page() if number == signal.SIGSTOP else ""
        late = re.search(r"late (\d+)", page)
        return (arrived[1] - started) / 1e6, int(late.group(1)) / 1e6 if late else None
    finally:
        guard.end()


def figures(values):
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return f"median {statistics.median(ordered):7.3f}  p99 {p99:7.3f}  max {ordered[-1]:7.3f} ms"


def main():
    folder = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    segment = Segment()
    for name, addresses, number, tenant in (
        ("killed, 1 address", 1, signal.SIGKILL, SMALL),
        ("killed, 20 addresses", 20, signal.SIGKILL, SMALL),
        ("killed, 200 addresses", 200, signal.SIGKILL, SMALL),
        ("killed, 1 address, 500 MB and 30 threads", 1, signal.SIGKILL, LARGE),
        (f"frozen, 1 address, lease {LEASE_MILLIS} ms", 1, signal.SIGSTOP, SMALL),
    ):
        count = runs if addresses < 200 else max(runs // 5, 1)
        results = [once(segment, folder, addresses, number, tenant) for _ in range(count)]
        print(f"{name:42} n={count:<4} {figures([total for total, _ in results])}", flush=True)
        late = [one for _, one in results if one is not None]
        if late:
            print(f"{'  of it after the deadline':42} n={len(late):<4} {figures(late)}", flush=True)


if __name__ == "__main__":
    main()
