# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.load.vigil PROCESSOR LEAST_MILLIS: tells when a processor of this machine stood still.

Looks at the clock each millisecond, on this processor alone and at the highest real-time priority, so that no program can
keep it from doing so: what does is the kernel itself, or a hypervisor that gives the processor to somebody else. Prints
`watching`, then for each look that came later than LEAST_MILLIS when it was due and by how much; nanoseconds of
CLOCK_MONOTONIC.
"""

import gc
import os
import sys
import time

_PERIOD_NANOS = 1_000_000


def watch(processor: int, least_nanos: int) -> None:
    os.sched_setaffinity(0, {processor})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(os.sched_get_priority_max(os.SCHED_FIFO)))
    gc.disable()
    print("watching", flush=True)
    due = time.monotonic_ns() + _PERIOD_NANOS
    while True:
        time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
        late = time.monotonic_ns() - due
        if late > least_nanos:
            print(due, late, flush=True)
            due += late
        due += _PERIOD_NANOS


if __name__ == "__main__":
    watch(int(sys.argv[1]), int(float(sys.argv[2]) * 1e6))
