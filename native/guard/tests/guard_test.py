# SPDX-License-Identifier: Apache-2.0
"""What the tests of mainstay-guard have in common."""

import contextlib
import os
import unittest

from lab import Guarded, Segment, eventually, resignation

VIP = "198.18.0.10"
VIP6 = "2001:db8::10"
HOLD = ("--hold", f"g0,{VIP},24")
RESIGN = ("--resign", f"g0,{resignation().hex()}")
# What the tenant pretends to send each 100 ms.
ADVERTISE = ("--advertise", f"g0,{resignation(priority=250).hex()}", "--interval", 100)
# Long enough for a busy machine to renew in time, short enough to wait for.
LEASE = ("--lease", 500, "--beat", 10)
# After the first, for loss.
EXTRA_COPIES = 2


@contextlib.contextmanager
def memory_limit(octets):
    """A control group, of version 1 or 2, whose processes share so much memory; None where there can be none."""
    for parent, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = f"{parent}/mainstay-guard-test-{os.getpid()}"
        try:
            with open(f"{parent}/cgroup.procs", encoding="ascii"):
                os.mkdir(group)
        except OSError:
            continue
        try:
            if os.path.exists(f"{group}/{limit}"):
                with open(f"{group}/{limit}", "w", encoding="ascii") as file:
                    file.write(str(octets))
                yield group
                return
        finally:
            eventually(lambda: not open(f"{group}/cgroup.procs", encoding="ascii").read(), "the control group is empty")
            os.rmdir(group)
    yield None


class GuardTest(unittest.TestCase):
    """Starts guards of the build in `folder`, on a clean segment, and ends those that a test leaves running."""

    folder = "build"
    segment: Segment

    def setUp(self):
        self.segment.clean()
        self.guards = []

    def tearDown(self):
        for guard in self.guards:
            guard.end()

    def tenant(self, *arguments, **more):
        self.guards.append(Guarded.tenant(self.folder, *arguments, **more))
        return self.guards[-1]

    def command(self, *command, **more):
        self.guards.append(Guarded(self.folder, *command, **more))
        return self.guards[-1]

    def outcome(self, *command, **more):
        guard = self.command(*command, **more)
        status = guard.wait()
        return status, guard.process.stdout.read().decode(), guard.stderr()
