# SPDX-License-Identifier: Apache-2.0
"""The life of an installation, from a clean Debian root to a purge: a pair in the lab, of the installed files alone."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.backends import Backends
from lab.clock import now
from lab.installed import Installed
from lab.mainstay import Settings
from lab.topology import Lab
from lab.traffic import Amount, Traffic
from lab.waiting import wait_until

PRIORITIES = {"lb1": 250, "lb2": 245}
LATER = "+later"


@pytest.fixture(scope="session")
def next_deb(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same package under a later version, packed quickly."""
    directory = tmp_path_factory.mktemp("next")
    subprocess.run(["dpkg-deb", "--raw-extract", str(deb), str(directory / "root")], check=True)
    control = directory / "root/DEBIAN/control"
    control.write_text(
        "".join(
            f"{line}{LATER}\n" if line.startswith("Version:") else f"{line}\n"
            for line in control.read_text().splitlines()
        )
    )
    built = directory / f"next-{deb.name}"
    subprocess.run(["dpkg-deb", "--build", "-Zgzip", "-z1", str(directory / "root"), str(built)], check=True)
    return built


class Pair:
    """Two installed nodes, lb1 Active after `start`, and the lab around them."""

    def __init__(self, lab: Lab, deb: Path) -> None:
        self.lab = lab
        self.nodes = {
            name: Installed(lab[name], Settings(name, priority, preempt=False)) for name, priority in PRIORITIES.items()
        }
        for node in self.nodes.values():
            node.use_stand_in()
            node.install(deb)

    def __getitem__(self, name: str) -> Installed:
        return self.nodes[name]

    def start(self) -> None:
        for name, state in (("lb1", "ACTIVE"), ("lb2", "BACKUP")):
            self[name].configure()
            self[name].start()
            self[name].await_state(state)


@pytest.fixture(scope="module")
def pair(deb: Path) -> Iterator[Pair]:
    with Lab() as lab:
        Backends(lab).start_all()
        yield Pair(lab, deb)


@pytest.fixture(scope="module")
def running(pair: Pair) -> Pair:
    pair.start()
    return pair


def settle(pair: Pair, active: str) -> None:
    """Has the named node Active and the other one Backup, whatever was before."""
    other = "lb2" if active == "lb1" else "lb1"
    if not pair[active].holds_address:
        pair[other].await_state("ACTIVE")
        pair[active].await_state("BACKUP")
        pair[other].run("mainstay", "switchover", "--wait")
    pair[active].await_state("ACTIVE")
    pair[other].await_state("BACKUP")


@pytest.fixture
def traffic(running: Pair) -> Iterator[Traffic]:
    """Probes, and requests on new connections: those that are kept end with a switchover (docs/operating.md)."""
    settle(running, "lb1")
    traffic = Traffic(running.lab["client"], Amount(kept=0, download=False))
    traffic.start()
    traffic.await_flowing()
    yield traffic
    traffic.stop()


def test_what_is_installed_claims_nothing_and_is_checked(pair: Pair) -> None:
    node = pair["lb1"]
    assert not node.succeeds("test", "-e", "/run/stand-in/mainstay.pid"), "an installation starts nothing"
    assert "valid (0 virtual routers, 0 services" in node.run("mainstay", "config", "check")
    assert node.run("stat", "-c", "%a %U:%G", "/etc/mainstay", "/etc/mainstay/mainstay.yaml").split() == [
        "750", "root:mainstay", "640", "root:mainstay",
    ]  # fmt: skip
    assert not node.succeeds("sh", "-c", "command -v java || command -v python3 || command -v mvn")


def test_the_class_data_archive_fits_what_was_installed(pair: Pair) -> None:
    # With -Xshare:on the JVM does not start when the archive does not fit the runtime and the jars as they lie there.
    strict = "sed s/-Xshare:auto/-Xshare:on/ /usr/lib/mainstay/bin/mainstay >/usr/lib/mainstay/bin/strict; sh /usr/lib/mainstay/bin/strict --version; rm /usr/lib/mainstay/bin/strict"
    assert pair["lb2"].run("sh", "-c", strict).startswith("mainstay ")
    assert pair["lb2"].succeeds("dpkg", "--verify", "mainstay")


def test_the_guided_start_replaces_what_was_shipped_for_the_daemon_to_read(pair: Pair) -> None:
    node = pair["lb2"]
    shipped = node.run("cat", "/etc/mainstay/mainstay.yaml")
    node.run("mainstay", "init", "--vip", "198.18.0.100", "--backends", "198.18.0.11:8080", "--vrid", "51", "--listen-for", "0s", "--yes")
    names = [f"/etc/mainstay/{name}" for name in ("mainstay.yaml", "mainstay-peer.yaml", "mainstay.yaml.bak")]
    assert node.run("stat", "-c", "%a %U:%G", *names).split() == ["640", "root:mainstay"] * 3
    assert node.run("cat", names[2]) == shipped
    assert "valid (1 virtual router, 1 service" in node.run("setpriv", "--reuid=mainstay", "--regid=mainstay", "--clear-groups", "mainstay", "config", "check")
    node.run("mv", names[2], names[0])
    node.run("rm", names[1])


def test_the_unit_does_not_start_with_mistakes_and_says_why(pair: Pair) -> None:
    node = pair["lb2"]
    shipped = node.run("cat", "/etc/mainstay/mainstay.yaml")
    node.configure("virtual_routers:\n  - {interface: eth0, vrid: 300, addresses: [198.18.0.100/24]}\n")
    node.start()
    status = node.exit_status()
    unit = node.run("cat", "/usr/lib/systemd/system/mainstay.service")
    assert str(status) in unit.partition("RestartPreventExitStatus=")[2].splitlines()[0].split(), "it is not tried again"
    assert status == 3
    assert "/etc/mainstay/mainstay.yaml:2:29 virtual_routers[0].vrid: 300 (expected: 1..255)" in node.log()
    assert not node.holds_address
    node.configure(shipped)


def test_a_failover_of_the_installed_pair(running: Pair, traffic: Traffic) -> None:
    start = now()
    guard = running["lb1"].main_pid()
    children = Path(f"/proc/{guard}/task/{guard}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    wait_until("lb2 holds the address", lambda: running["lb2"].holds_address, 30, pause=0.01)
    traffic.await_flowing()
    seen = traffic.figures(start)
    print(f"daemon killed: outage {seen.outage_millis:.0f} ms, {seen.failed_requests} of {seen.requests} requests failed")
    assert not running["lb1"].holds_address
    running["lb1"].start()
    running["lb1"].await_state("BACKUP")


def test_an_upgrade_of_the_active_and_back_costs_no_more_than_requests_under_way(running: Pair, traffic: Traffic, deb: Path, next_deb: Path) -> None:
    node = running["lb1"]
    for package, version in ((next_deb, LATER), (deb, "")):
        settle(running, "lb1")
        before, start = node.main_pid(), now()
        node.install(package)
        node.await_state("BACKUP")
        seen = traffic.figures(start)
        told = f"{package.name}: {seen.failed_requests} of {seen.requests} requests failed, outage {seen.outage_millis:.0f} ms"
        print(told)
        assert node.main_pid() != before, "the daemon runs the new program"
        assert node.run("dpkg-query", "-W", "-f", "${Version}", "mainstay").endswith(version)
        assert running["lb2"].holds_address
        # The connections of the node that hands over end with it, and requests that are under way on them: of some hundred
        # a second, each of a few milliseconds, one or two. No probe is lost, and none fails in another way.
        assert seen.requests > 0 and seen.outage.lost_probes == 0, told
        assert set(seen.failures) <= {"reset"} and seen.failed_requests <= 3, f"{told}: {seen.failures}"


def test_an_upgrade_of_the_backup_disturbs_nobody(running: Pair, traffic: Traffic, next_deb: Path) -> None:
    start = now()
    running["lb2"].install(next_deb)
    running["lb2"].await_state("BACKUP")
    seen = traffic.figures(start)
    assert running["lb1"].holds_address
    assert seen.requests > 0 and seen.failed_requests == 0, seen.failures


def test_a_purge_leaves_nothing(running: Pair) -> None:
    node = running["lb1"]
    node.run("dpkg", "--remove", "mainstay")
    assert not node.holds_address
    assert node.succeeds("test", "-s", "/etc/mainstay/mainstay.yaml"), "removing keeps the configuration"
    node.run("dpkg", "--purge", "mainstay")
    left = node.run("sh", "-c", "find / -xdev -name '*mainstay*' ! -path '/root/*' ! -path '/var/log/dpkg.log'")
    assert left.split() == []
    assert not node.succeeds("getent", "passwd", "mainstay") and not node.succeeds("getent", "group", "mainstay")
