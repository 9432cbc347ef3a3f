# SPDX-License-Identifier: Apache-2.0
"""What a daemon finds wrong when it starts or runs: each thing has a clear line, none is a crash."""

import re
import socket

import pytest

from lab.backends import Backends
from lab.clock import now
from lab.mainstay import TREE, VIP_WITH_PREFIX, Mainstay, Settings
from lab.mainstay_pair import MainstayPair
from lab.node import python
from lab.shell import attempt
from lab.topology import ADDRESSES, VIP, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

INVALID_CONFIGURATION = 3

TEN_MISTAKES = """\
node:
  nmae: lb1
virtual_routers:
  - name: web
    interface: an-interface-name-too-long
    vrid: 300
    priority: 0
    advertisement_interval: 5ms
    addresses: [198.18.0.300/24]
    preempt: perhaps
services:
  - name: http
    listen: 198.18.0.100:99999/tcp
    balance: fastest
    health_check: {type: http, path: /health, failures: 0}
    backends:
      - {name: web1, address: 198.18.0.11}
"""


@pytest.fixture
def node(lab: Lab, backends: Backends) -> Mainstay:
    """A node that is alone and not started yet."""
    return Mainstay(lab["lb1"], Settings("lb1", 250))


def assert_no_stack_trace(text: str) -> None:
    assert not re.search(r"^\s+at \S+\(|^Exception in thread", text, re.MULTILINE), text


def test_ten_mistakes_are_told_at_once_each_at_its_place(node: Mainstay) -> None:
    node.start(TEN_MISTAKES)
    assert node.daemon.exit_status() == INVALID_CONFIGURATION
    assert_ten_mistakes(node, node.log())
    assert not node.holds_address


def test_config_check_tells_the_same(node: Mainstay) -> None:
    node.config.write_text(TEN_MISTAKES)
    done = attempt([str(TREE / "bin" / "mainstay"), "config", "check", str(node.config)])
    assert done.returncode == INVALID_CONFIGURATION
    assert_ten_mistakes(node, done.stdout + done.stderr)


def assert_ten_mistakes(node: Mainstay, text: str) -> None:
    places = re.findall(rf"^.*{re.escape(node.config.name)}:(\d+):\d+ (\S+): .*$", text, re.MULTILINE)
    assert sorted({int(line) for line, _ in places}) == [2, 5, 6, 7, 8, 9, 10, 13, 14, 15, 17], text
    assert "expected" in text
    assert re.search(r"nmae.*name", text), "an unknown key is told with the nearest known one"
    assert_no_stack_trace(text)


def test_file_that_is_not_there_is_told(node: Mainstay) -> None:
    process = node.node.start("mainstayd", str(TREE / "bin" / "mainstayd"), "--config", "/nonexistent.yaml")
    assert process.exit_status() == INVALID_CONFIGURATION
    assert "/nonexistent.yaml" in process.output()
    assert_no_stack_trace(process.output())


def test_unknown_option_is_told_with_the_usage(node: Mainstay) -> None:
    process = node.node.start("mainstayd", str(TREE / "bin" / "mainstayd"), "--confg", "x")
    assert process.exit_status() == 2
    assert "--config" in process.output()
    assert_no_stack_trace(process.output())


def test_missing_interface_is_a_fault_until_it_appears(lab: Lab, backends: Backends) -> None:
    node = Mainstay(lab["lb1"], Settings("lb1", 250, interface="eth9"))
    node.start()
    node.await_state("FAULT")
    assert "eth9" in node.log()
    assert_no_stack_trace(node.log())
    lab["lb1"].run("ip", "link", "add", "eth9", "type", "veth", "peer", "name", "eth9-peer")
    lab["lb1"].run("ip", "link", "set", "eth9-peer", "up")
    lab["lb1"].run("ip", "address", "add", "198.18.1.1/24", "dev", "eth9")
    lab["lb1"].run("ip", "link", "set", "eth9", "up")
    node.await_state("ACTIVE")
    assert VIP_WITH_PREFIX in lab["lb1"].addresses("eth9")


def test_address_of_another_host_is_told(node: Mainstay, lab: Lab) -> None:
    """The other host says nothing by itself; it answers when it is asked."""
    lab["web1"].run("ip", "address", "add", f"{VIP}/24", "dev", "eth0")
    node.start()
    node.await_state("ACTIVE")
    mac = lab.mac("web1")

    def told() -> str | None:
        return next((line for line in node.log().splitlines() if VIP in line and mac in line), None)

    wait_until("a line names the address and the other host", told, 30)
    wait_until("the conflict counts", lambda: node.router()["vip_conflict_seconds"] > 0, 30)
    assert node.daemon.running


def test_second_daemon_on_the_same_socket_is_refused(node: Mainstay) -> None:
    node.start()
    node.await_ready("ACTIVE")
    first = node.daemon
    second = node.node.start(
        "second",
        str(TREE / "bin" / "mainstayd"),
        "--config",
        str(node.config),
        "--run-dir",
        str(node.run_dir),
        "--state-dir",
        str(node.state_dir),
    )
    assert second.exit_status() != 0
    assert "control.sock" in second.output()
    assert_no_stack_trace(second.output())
    assert first.running and node.holds_address
    assert node.router()["state"] == "ACTIVE"


def test_socket_of_a_dead_daemon_is_replaced(node: Mainstay) -> None:
    path = node.run_dir / "control.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    node.start()
    node.await_ready("ACTIVE")


def test_file_in_the_place_of_the_socket_is_told_and_kept(node: Mainstay) -> None:
    path = node.run_dir / "control.sock"
    path.write_text("precious")
    node.start()
    assert node.daemon.exit_status() != 0
    assert str(path) in node.log()
    assert path.read_text() == "precious"
    assert_no_stack_trace(node.log())


def test_full_disk_under_the_state_directory_costs_nothing_but_the_journal(node: Mainstay) -> None:
    lab_node = node.node
    # Mounted where every process of the lab sees it, as the daemon runs in a mount namespace of its own.
    lab_node.run("mount", "-t", "tmpfs", "-o", "size=64k", "full", str(node.state_dir))
    lab_node.attempt("dd", "if=/dev/zero", f"of={node.state_dir}/ballast", "bs=4k")
    node.start()
    node.await_ready("ACTIVE")
    wait_until("a line names the directory", lambda: str(node.state_dir) in node.log())
    assert_no_stack_trace(node.log())
    assert node.events(), "events are still told from memory"
    assert node.daemon.terminate() == 0


def test_state_directory_that_is_a_file_is_told(node: Mainstay) -> None:
    node.state_dir.rmdir()
    node.state_dir.write_text("precious")
    node.start()
    wait_until("a line names the directory", lambda: str(node.state_dir) in node.log() or not node.daemon.running, 30)
    assert f"error=\"{node.state_dir}: Exists, but is not a directory\"" in node.log()
    assert "Exception" not in node.log()
    assert_no_stack_trace(node.log())


def test_status_without_a_daemon_says_so(node: Mainstay) -> None:
    start = now()
    attempt = node.attempt("status")
    assert attempt.status == 4
    assert "control.sock" in attempt.errors
    assert_no_stack_trace(attempt.errors)
    assert now() - start < 20_000_000_000


def test_port_that_is_taken_is_told(pair: MainstayPair) -> None:
    """On the Backup: another program listens on the port already when Mainstay starts."""
    pair.kill("lb2")
    taker = pair.lab["lb2"].start("taker", *python("lab.load.backend", "taker", "0.0.0.0", "80"))
    taker.wait_for_output("serves on")
    pair.nodes["lb2"].start()
    wait_until(
        "a line names the port",
        lambda: f"{VIP}:80" in pair.nodes["lb2"].log() or not pair.nodes["lb2"].daemon.running,
        30,
    )
    assert f"{VIP}:80" in pair.nodes["lb2"].log()
    assert_no_stack_trace(pair.nodes["lb2"].log())
    assert pair.active == "lb1"
