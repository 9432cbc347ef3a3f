# SPDX-License-Identifier: Apache-2.0
"""The guided start, on a segment where another router speaks already; and the pair that comes of it."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.backends import PORT, Backends
from lab.control import NotReachable
from lab.mainstay import TREE, VIP_WITH_PREFIX, Mainstay, Settings
from lab.topology import ADDRESSES, VIP, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

PROGRAM = str(TREE / "bin" / "mainstay")

SPEAKERS = """\
virtual_routers:
  - {interface: eth0, vrid: 100, addresses: [198.18.0.200/24]}
  - {interface: eth0, vrid: 101, addresses: [198.18.0.201/24], version: 2}
  - {interface: eth0, vrid: 102, addresses: ["2001:db8::200/64"]}
"""
"""The numbers that a pair with the address 198.18.0.100 would take first: spoken in version 3, in version 2, over IPv6."""

FREE = 103

BACKENDS = ",".join(f"{name}={ADDRESSES[name]}:{PORT}" for name in ("web1", "web2"))
DNS = "ns1=198.18.0.11:53,198.18.0.12:53"
ANSWERS = ("--vip", VIP, "--peer", ADDRESSES["lb2"], "--backends", BACKENDS)

FILES = ("mainstay.yaml", "mainstay-peer.yaml")
SECRET = re.compile(r"(?m)^kernel_engine:\n  secret: \"?([0-9a-f]{32})\"?$")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        Backends(lab).start_all()
        yield lab


@pytest.fixture(scope="module")
def stranger(lab: Lab) -> Mainstay:
    """Another router, Active on all of its numbers."""
    stranger = Mainstay(lab["web3"], Settings("web3", 100))
    stranger.start(SPEAKERS)
    await_states(stranger, "ACTIVE")
    return stranger


def await_states(node: Mainstay, state: str) -> None:
    def reached() -> bool:
        try:
            return {router["state"] for router in node.status()["virtual_routers"]} == {state}
        except NotReachable:
            return False

    wait_until(f"{node.name} is {state}", reached, 30)


def init(lab: Lab, directory: Path, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return lab["lb1"].attempt(PROGRAM, "init", "--output", str(directory / "mainstay.yaml"), *arguments, stdin=stdin)


def secret_of(file: Path) -> str:
    found = SECRET.search(file.read_text())
    assert found, file.read_text()
    return found[1]


def without_secret(file: Path) -> str:
    return SECRET.sub("", file.read_text())


def test_unattended_it_takes_a_free_number_and_the_pair_starts(lab: Lab, stranger: Mainstay, tmp_path: Path) -> None:
    done = init(lab, tmp_path, *ANSWERS, "--yes")
    assert done.returncode == 0, done.stderr
    assert f"VRID 100: {ADDRESSES['web3']}, VRRP version 3, priority 100, for 198.18.0.200" in done.stdout
    assert f"VRID 101: {ADDRESSES['web3']}, VRRP version 2" in done.stdout
    assert "VRID 102: fe80::" in done.stdout
    assert done.stderr == "", "the other node answers"
    here, there = tmp_path / "mainstay.yaml", tmp_path / "mainstay-peer.yaml"
    assert here.stat().st_mode & 0o7777 == there.stat().st_mode & 0o7777 == 0o640
    nodes = []
    for name, file, priority in (("lb1", here, 250), ("lb2", there, 245)):
        assert f"vrid: {FREE}\n    priority: {priority}\n" in file.read_text()
        assert f"{file}: valid (1 virtual router, 1 service" in lab[name].run(PROGRAM, "config", "check", str(file))
        node = Mainstay(lab[name], Settings(name, priority))
        node.start(file.read_text())
        await_states(node, "ACTIVE" if name == "lb1" else "BACKUP")
        nodes.append(node)
    assert VIP_WITH_PREFIX in lab["lb1"].addresses() and VIP_WITH_PREFIX not in lab["lb2"].addresses()
    lab["client"].run("curl", "--silent", "--fail", "--retry", "20", "--retry-all-errors", "--retry-delay", "1", f"http://{VIP}/")
    for node in nodes:
        assert node.daemon.terminate() == 0


def test_asked_it_judges_each_answer_and_asks_again(lab: Lab, stranger: Mainstay, tmp_path: Path) -> None:
    answers = ["", "198.18.0.300", VIP, "", ADDRESSES["lb1"], ADDRESSES["lb2"], "443", "web1", BACKENDS, "443", "53/udp", DNS, "", "kernal", "kernel", "100", ""]
    done = init(lab, tmp_path, stdin="".join(f"{answer}\n" for answer in answers))
    assert done.returncode == 0, done.stderr
    assert "198.18.0.1/24" in done.stdout.splitlines()[1]
    for refusal in ("198.18.0.300", f"{ADDRESSES['lb1']} (expected", "web1", "443 (expected: a port that is not served yet", "kernal (expected", "100 (expected: a number that nobody uses"):
        assert any(line.strip().lstrip('"').startswith(refusal) or refusal in line for line in done.stderr.splitlines()), done.stderr
    assert f"vrid: {FREE}\n" in (tmp_path / "mainstay.yaml").read_text()
    written = (tmp_path / "mainstay.yaml").read_text()
    assert f"{VIP}:443\n" in written and f"{VIP}:53/udp\n" in written and written.count("engine: kernel\n") == 2
    options = ("--vip", VIP, "--peer", ADDRESSES["lb2"], "--port", "443", "--backends", BACKENDS, "--service", f"53/udp={DNS}", "--vrid", str(FREE), "--listen-for", "0s")
    (tmp_path / "options").mkdir()
    assert init(lab, tmp_path / "options", *options, "--engine", "kernel", "--yes").returncode == 0
    assert without_secret(tmp_path / "options" / "mainstay.yaml") == without_secret(tmp_path / "mainstay.yaml")
    secrets = [secret_of(tmp_path / directory / file) for directory in (".", "options") for file in FILES]
    assert secrets[0] == secrets[1] and secrets[2] == secrets[3], "both nodes of a pair have the same"
    assert secrets[0] != secrets[2], "and each pair its own"
    # The flows of a pair stand by its secret: it stays when the pair is set up anew.
    assert init(lab, tmp_path / "options", *options, "--engine", "kernel", "--yes", "--force").returncode == 0
    assert [secret_of(tmp_path / "options" / file) for file in FILES] == secrets[2:]


def test_what_was_edited_is_not_overwritten(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "mainstay-peer.yaml").write_text("node: {name: precious}\n")
    done = init(lab, tmp_path, *ANSWERS, "--yes", "--vrid", "7", "--listen-for", "0s")
    assert done.returncode == 1 and "mainstay-peer.yaml: exists and has been edited" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["mainstay-peer.yaml"]


def test_an_address_that_is_advertised_or_answered_for_is_told(lab: Lab, stranger: Mainstay, tmp_path: Path) -> None:
    wanted = ("--vip", "198.18.0.200", "--port", "none", "--yes")
    refused = init(lab, tmp_path, *wanted)
    assert refused.returncode == 1 and "--vrid 100 if this node is to join" in refused.stderr
    joined = init(lab, tmp_path, *wanted, "--vrid", "100", "--peer", "198.18.0.77,2001:db8::77")
    assert joined.returncode == 0, joined.stderr
    assert "warning: 198.18.0.77 does not answer on eth0" in joined.stderr
    assert "warning: 2001:db8::77 " in joined.stderr
    assert f"warning: 198.18.0.200 is in use: {lab.mac('web3')} answers for it" in joined.stderr


def test_without_the_right_to_listen_it_says_so_and_wants_a_number(lab: Lab, tmp_path: Path) -> None:
    bare = ("setpriv", "--bounding-set=-net_raw,-net_admin", PROGRAM, "init", "--output", str(tmp_path / "m.yaml"), *ANSWERS)
    refused = lab["lb1"].attempt(*bare, "--yes")
    assert refused.returncode == 2 and "cannot be found out" in refused.stderr and "--vrid: missing" in refused.stderr
    asked = lab["lb1"].attempt(*bare, "--multicast", "yes", "--port", "80", stdin="eth0\n9\n")
    assert asked.returncode == 0, asked.stderr
    assert "vrid: 9\n" in (tmp_path / "m.yaml").read_text()
