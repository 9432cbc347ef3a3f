# SPDX-License-Identifier: Apache-2.0
"""The .rpm, installed by rpm with its scriptlets: a pair in the lab, of the installed files alone. The root is Debian's."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.backends import Backends
from lab.installed import Installed
from lab.mainstay import Settings
from lab.topology import Lab
from lab.waiting import wait_until


@pytest.fixture(scope="module")
def nodes(rpm: Path) -> Iterator[dict[str, Installed]]:
    with Lab() as lab:
        Backends(lab).start_all()
        nodes = {
            name: Installed(lab[name], Settings(name, priority, preempt=False))
            for name, priority in (("lb1", 250), ("lb2", 245))
        }
        for node in nodes.values():
            node.use_stand_in()
            node.install_rpm(rpm)
        yield nodes


def test_what_is_installed_is_as_the_package_says_and_claims_nothing(nodes: dict[str, Installed]) -> None:
    node = nodes["lb1"]
    assert node.verify_rpm() == ""
    assert "valid (0 virtual routers, 0 services" in node.run("mainstay", "config", "check")
    assert node.run("stat", "-c", "%a %U:%G", "/etc/mainstay", "/etc/mainstay/mainstay.yaml").split() == [
        "750", "root:mainstay", "640", "root:mainstay",
    ]  # fmt: skip
    assert not node.succeeds("test", "-e", "/run/stand-in/mainstay.pid"), "an installation starts nothing"


def test_the_installed_pair_starts_and_fails_over(nodes: dict[str, Installed]) -> None:
    for name, state in (("lb1", "ACTIVE"), ("lb2", "BACKUP")):
        nodes[name].configure()
        nodes[name].start()
        nodes[name].await_state(state)
    guard = nodes["lb1"].main_pid()
    children = Path(f"/proc/{guard}/task/{guard}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    wait_until("lb2 holds the address", lambda: nodes["lb2"].holds_address, 30, pause=0.01)
    nodes["lb2"].await_state("ACTIVE")
    assert not nodes["lb1"].holds_address


def test_removing_stops_and_leaves_the_changed_configuration_alone(nodes: dict[str, Installed]) -> None:
    node = nodes["lb2"]
    node.erase_rpm()
    assert not node.holds_address
    left = node.run("sh", "-c", "find / -xdev -name '*mainstay*' ! -path '/root/*' ! -path '/var/lib/rpm/*'").split()
    assert sorted(left) == ["/etc/mainstay", "/etc/mainstay/mainstay.yaml.rpmsave"]
