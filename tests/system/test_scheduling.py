# SPDX-License-Identifier: Apache-2.0
"""Which share of a busy machine each thread of the daemon has, asked of the kernel."""

from pathlib import Path

import pytest

from lab.mainstay import Mainstay, Settings
from lab.topology import Lab

pytestmark = pytest.mark.patient

FIFO = 1


def threads(pid: int) -> dict[str, list[tuple[int, int]]]:
    """The policies and nice values of all, by the first 15 characters of its name (fields 41 and 19 of proc_pid_stat(5))."""
    found: dict[str, list[tuple[int, int]]] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        found.setdefault((task / "comm").read_text().strip(), []).append((int(fields[41 - 3]), int(fields[19 - 3])))
    return found


def test_the_election_comes_first_and_what_relays_has_the_share_of_any_program(lab: Lab) -> None:
    settings = Settings("lb1", 250)
    node = Mainstay(lab["lb1"], settings)
    node.start(settings.yaml().replace("name: lb1", "name: lb1\n  relay_threads: 3", 1))
    node.await_state("ACTIVE")
    seen = threads(node.daemon.daemon_pid)
    if all(policy != FIFO for policy, _ in seen["election"]):
        assert {nice for kind in seen.values() for _, nice in kind} == {0}, "without the right to it nothing is favoured"
        return
    assert seen["mainstay-relay-"] == [(0, 0)] * 3
    for name in ("control", "journal", "tracking", "mainstay-health", "C2 CompilerThre"):
        assert set(seen[name]) == {(0, -10)}, name
