# SPDX-License-Identifier: Apache-2.0
"""The .deb on two clean Debian machines with a systemd of their own: the unit, failover, and upgrades under traffic."""

import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.clock import now
from lab.installed import MISTAKE, TOLD
from lab.installed_pair import KERNEL_PORT, InstalledPair
from lab.topology import Lab
from lab.traffic import Amount, Traffic
from lab.waiting import wait_until

pytestmark = pytest.mark.xdist_group("unit")


@pytest.fixture(scope="module")
def pair(deb: Path) -> Iterator[InstalledPair]:
    with Lab() as lab:
        pair = InstalledPair(lab)
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(lambda node: node.install(deb), pair.nodes.values()))
        yield pair


@pytest.fixture
def breaking_deb(tmp_path: Path) -> Path:
    """A package that cannot be there together with this one."""
    control = tmp_path / "root/DEBIAN/control"
    control.parent.mkdir(parents=True)
    control.write_text(
        "Package: breaking\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@mainstay.example>\n"
        "Breaks: mainstay\nDescription: breaks it\n"
    )
    subprocess.run(["dpkg-deb", "--build", "-Znone", str(tmp_path / "root"), str(tmp_path / "breaking.deb")], check=True)
    return tmp_path / "breaking.deb"


@pytest.fixture(scope="module")
def running(pair: InstalledPair) -> InstalledPair:
    pair.start()
    return pair


class Clients:
    """Requests to both engines on new and on kept connections."""

    def __init__(self, pair: InstalledPair) -> None:
        client = pair.lab["client"]
        self.relay = Traffic(client, Amount(kept=20, kept_requests_per_second=5, download=False))
        self.data_path = Traffic(client, Amount(kept=50, kept_requests_per_second=2, download=False), KERNEL_PORT, name="kernel-")
        self.both = (self.relay, self.data_path)
        for traffic in self.both:
            traffic.start()
            traffic.await_flowing()

    def await_flowing(self) -> None:
        for traffic in self.both:
            traffic.await_flowing()

    def stop(self) -> None:
        for traffic in self.both:
            traffic.stop()


@pytest.fixture
def clients(running: InstalledPair) -> Iterator[Clients]:
    running.settle("lb1")
    clients = Clients(running)
    yield clients
    clients.stop()


def test_the_class_data_archive_fits_what_was_installed(pair: InstalledPair) -> None:
    # With -Xshare:on the JVM does not start when the archive does not fit the runtime and the jars as they lie there.
    strict = "sed s/-Xshare:auto/-Xshare:on/ /usr/lib/mainstay/bin/mainstay >/usr/lib/mainstay/bin/strict; sh /usr/lib/mainstay/bin/strict --version; rm /usr/lib/mainstay/bin/strict"
    assert pair["lb2"].run("sh", "-c", strict).startswith("mainstay ")


def test_the_unit_does_not_start_with_mistakes_and_says_why(pair: InstalledPair) -> None:
    node = pair["lb2"]
    node.configure(MISTAKE)
    assert not node.succeeds("systemctl", "start", "mainstay"), "who starts it is told"
    assert (node.show("ActiveState"), node.show("Result"), node.show("ExecMainStatus")) == ("failed", "exit-code", "3")
    assert TOLD in node.log()
    assert TOLD in node.attempt("systemctl", "status", "--no-pager", "--full", "mainstay").stdout
    assert node.show("NRestarts") == "0", "it is not tried again"
    assert not node.holds_address


def test_the_daemon_is_confined_and_has_what_it_needs(running: InstalledPair) -> None:
    node = running["lb1"]
    status = node.run("sh", "-c", f"cat /proc/{node.main_pid()}/status")
    fields = dict(re.findall(r"(?m)^(\w+):\s*(.*)$", status))
    needed = sum(1 << number for number in (10, 12, 13, 14, 23, 38, 39))
    assert all(int(fields[name], 16) == needed for name in ("CapEff", "CapBnd", "CapAmb")), fields
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")
    within = ("nsenter", "--target", str(node.main_pid()), "--mount")
    assert not node.succeeds(*within, "touch", "/etc/mainstay/new")
    assert node.succeeds(*within, "touch", "/var/lib/mainstay/new")
    services = {service["name"]: service for service in node.status()["services"]}
    engines = {name: service["engine"] for name, service in services.items()}
    assert engines == {"http": "proxy", "kernel": "kernel"}, "the filter of system calls lets the data path in"
    assert services["http"]["packets_in"] is None and services["kernel"]["packets_in"] >= 0, "the relay sees no packets"
    facts = node.run("mainstay", "version", "--verbose")
    assert re.search(r"(?m)^kernel engine +yes$", facts) and re.search(r"(?m)^kernel pidfd +yes \(of threads\)$", facts), facts
    doctor = node.attempt("mainstay", "doctor").stdout
    assert "0 failed" in doctor, doctor
    assert "the election thread runs in real time" in doctor and "has all that are needed" in doctor


def test_a_reload_tells_systemctl_whether_it_worked(running: InstalledPair) -> None:
    node = running["lb2"]
    good = node.run("cat", "/etc/mainstay/mainstay.yaml")
    node.configure(MISTAKE)
    assert not node.succeeds("systemctl", "reload", "mainstay")
    assert TOLD in node.log() and node.show("ActiveState") == "active"
    pid = node.main_pid()
    node.configure(good.replace("name: web3,", "name: web3, weight: 7,"))
    node.run("systemctl", "reload", "mainstay")
    assert node.main_pid() == pid and '"weight": 7' in node.run("mainstay", "--json", "status")
    node.configure(good)
    node.run("systemctl", "reload", "mainstay")


def test_a_daemon_that_is_killed_fails_over_and_is_started_again(running: InstalledPair, clients: Clients) -> None:
    node, start = running["lb1"], now()
    restarts = int(node.show("NRestarts"))
    running.kill_daemon("lb1")
    clients.await_flowing()
    seen = clients.relay.figures(start)
    print(f"daemon killed: outage {seen.outage_millis:.0f} ms, {seen.failed_requests} of {seen.requests} requests failed")
    node.await_state("BACKUP")
    assert int(node.show("NRestarts")) == restarts + 1


def test_a_daemon_that_hangs_is_ended_by_the_watchdog(running: InstalledPair) -> None:
    running.settle("lb1")
    node = running["lb2"]
    node.run("mkdir", "-p", "/run/systemd/system/mainstay.service.d")
    node.run("tee", "/run/systemd/system/mainstay.service.d/soon.conf", stdin="[Service]\nWatchdogSec=2\n")
    node.run("systemctl", "daemon-reload")
    node.run("systemctl", "restart", "mainstay")
    pid = node.main_pid()
    node.await_state("BACKUP")
    node.signal_daemon("STOP")
    wait_until("it is started again", lambda: node.show("MainPID") not in ("0", str(pid)), 30)
    assert "Watchdog timeout" in node.log()
    node.await_state("BACKUP")
    node.run("rm", "-r", "/run/systemd/system/mainstay.service.d")
    node.run("systemctl", "daemon-reload")
    node.run("systemctl", "restart", "mainstay")
    node.await_state("BACKUP")


def test_an_upgrade_of_the_backup_disturbs_nobody(running: InstalledPair, clients: Clients, later_deb: Path) -> None:
    start = now()
    running["lb2"].install(later_deb)
    running["lb2"].await_state("BACKUP")
    assert running["lb1"].holds_address
    for traffic in clients.both:
        seen = traffic.figures(start)
        assert seen.requests > 0 and (seen.failed_requests, seen.reset_connections) == (0, 0), seen.failures


def test_an_upgrade_of_the_active_and_back_fails_no_request_of_the_relay_and_resets_no_connection(
    running: InstalledPair, clients: Clients, deb: Path, later_deb: Path
) -> None:
    node = running["lb1"]
    for package in (later_deb, deb):
        running.settle("lb1")
        clients.await_flowing()
        before, start = node.main_pid(), now()
        node.install(package, "--allow-downgrades")
        node.await_state("BACKUP")
        assert node.main_pid() != before, "the daemon runs the new program"
        assert node.run("dpkg-query", "-W", "-f", "${Version}", "mainstay") == package.name.split("_")[1]
        assert running["lb2"].holds_address
        for engine, traffic in (("kernel", clients.data_path), ("proxy", clients.relay)):
            seen = traffic.figures(start)
            told = f"{engine}: {seen.failed_requests} of {seen.requests} requests failed {dict(seen.failures)}, {dict(seen.resets)} reset"
            print(f"{package.name}: {told}")
            assert seen.requests > 0 and seen.outage.lost_probes == 0, told
            if engine == "kernel":
                # An answer that crosses the switchover may be lost, and seldom a connection be reset (docs/kernel-engine.md).
                assert seen.failed_requests <= 2 and seen.reset_connections <= 1, told
            else:
                assert (seen.failed_requests, seen.reset_connections) == (0, 0), told


def test_a_daemon_goes_on_while_its_package_is_deconfigured(running: InstalledPair, breaking_deb: Path) -> None:
    node = running["lb2"]
    pid, other = node.main_pid(), node.copy_in(breaking_deb)
    told = node.attempt("dpkg", "--auto-deconfigure", "--install", other)
    assert "De-configuring mainstay" in told.stdout, told
    assert node.run("dpkg-query", "-W", "-f", "${db:Status-Status}", "mainstay") != "installed"
    assert (node.show("ActiveState"), node.main_pid()) == ("active", pid)
    node.run("dpkg", "--purge", "breaking")
    node.run("dpkg", "--configure", "mainstay")
    assert node.show("ActiveState") == "active"
