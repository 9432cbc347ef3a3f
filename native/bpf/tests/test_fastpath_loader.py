# SPDX-License-Identifier: Apache-2.0
"""mainstay-bpf fastpath: on which interfaces the XDP program is, and what is said of the others."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from network import Namespace, attach_xdp
from program import Program
from test_state import until


class Loader:
    """A host with two interfaces, and the data path."""

    def __init__(self, objects: Path, pins: Path):
        self.objects, self.pins = objects, pins
        self.host = Namespace()
        for name in ("one", "two"):
            self.add(name)

    def load(self) -> None:
        self.run("prepare", str(self.pins))
        self.run("load", str(self.objects / "forward.bpf.o"), str(self.pins), "flows=64")

    def add(self, name: str) -> None:
        self.host.run(f"ip link add {name} type veth peer name {name}-far", f"ip link set {name} up", f"ip link set {name}-far up")

    def attempt(self, *words: str) -> subprocess.CompletedProcess:
        with self.host.entered():
            return subprocess.run([self.objects / "mainstay-bpf", *words], capture_output=True, text=True, check=False)

    def run(self, *words: str) -> str:
        done = self.attempt(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fastpath(self, *interfaces: str, file: Path | None = None) -> dict[str, str]:
        lines = self.run("fastpath", str(file or self.objects / "fastpath.bpf.o"), str(self.pins), *interfaces).splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def program_on(self, interface: str) -> int:
        """The number of the XDP program in its driver; 0: none."""
        found = re.search(r"prog/xdp id (\d+)", self.host.run(f"ip -details link show dev {interface}"))
        return int(found[1]) if found else 0


@pytest.fixture(scope="module")
def pins(object_path) -> Iterator[Path]:
    """Where it stays loaded, which takes the verifier a moment."""
    path = Path(f"/sys/fs/bpf/test-{os.getpid()}")
    yield path
    Loader(Path(object_path).parent, path).run("unload", str(path))


@pytest.fixture
def loader(object_path, pins) -> Iterator[Loader]:
    made = Loader(Path(object_path).parent, pins)
    made.load()
    yield made
    made.fastpath()
    made.host.close()


@pytest.fixture
def somebody(object_path) -> Iterator[Program]:
    program = Program(str(Path(object_path).parent / "stage.bpf.o"), name="stage_nothing_xdp", maps=False)
    yield program
    program.close()


def test_interfaces_run_it_until_they_are_named_no_more(loader):
    assert loader.fastpath("one", "two") == {"one": "xdp", "two": "xdp"}
    first = loader.program_on("one")
    assert first and loader.program_on("two") == first
    assert loader.fastpath("one") == {"one": "xdp"}
    assert (loader.program_on("one"), loader.program_on("two")) == (first, 0), "the first was not touched"
    assert loader.fastpath() == {}
    assert loader.program_on("one") == 0
    assert not (loader.pins / "fastpath").exists()


def test_nobody_detaches_it_by_ip_link(loader):
    """As a link holds it; so there is nothing that would have to be put back, which would stop the interface for a moment."""
    loader.fastpath("one")
    attached = loader.program_on("one")
    with loader.host.entered():
        done = subprocess.run(["ip", "link", "set", "dev", "one", "xdp", "off"], capture_output=True, text=True, check=False)
    assert done.returncode != 0 and loader.program_on("one") == attached, done.stderr


def pinned_links(loader: Loader) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in (loader.pins / "fastpath").glob("link-*")}


def test_what_somebody_else_has_there_is_left_alone_and_named(loader, somebody):
    attach_xdp(loader.host, "two", somebody.fd)
    before = loader.program_on("two")
    said = loader.fastpath("one", "two")
    assert said["one"] == "xdp"
    assert said["two"] == f"tc another XDP program is there: stage_nothing_x (id {before})"
    assert loader.program_on("two") == before


def test_reasons_are_those_of_the_driver(loader):
    loader.host.run("ip link add bridge0 type bridge", "ip link set two-far mtu 9000")
    assert loader.fastpath("one", "two", "bridge0", "lo", "none") == {
        "one": "xdp",
        "two": "tc veth: Peer MTU is too large to set XDP",
        "bridge0": "tc Underlying driver does not support XDP in native mode",
        "lo": "tc not Ethernet",
        "none": "tc No such device",
    }
    assert loader.program_on("two") == 0


def test_an_interface_that_was_deleted_and_came_again_gets_it_anew(loader):
    loader.fastpath("one", "two")
    loader.host.run("ip link delete two")
    loader.add("two")
    assert loader.program_on("two") == 0
    assert loader.fastpath("one", "two") == {"one": "xdp", "two": "xdp"}
    assert loader.program_on("two") == loader.program_on("one") != 0
    assert len(pinned_links(loader)) == 2


def test_a_version_that_cannot_be_loaded_leaves_no_older_one_behind(loader, tmp_path):
    loader.fastpath("one")
    broken = tmp_path / "broken.bpf.o"
    broken.write_bytes(b"\x7fELF and nothing more")
    done = loader.attempt("fastpath", str(broken), str(loader.pins), "one")
    assert done.returncode == 1 and str(broken) in done.stderr
    until(lambda: loader.program_on("one") == 0)  # the kernel ends a link when it comes to it


def test_another_version_takes_its_place_without_a_gap_and_unload_takes_all(loader, tmp_path):
    loader.fastpath("one")
    first, link = loader.program_on("one"), pinned_links(loader)
    other = tmp_path / "other.bpf.o"
    shutil.copy(loader.objects / "fastpath.bpf.o", other)
    with other.open("ab") as file:
        file.write(b"\0")
    assert loader.fastpath("one", file=other) == {"one": "xdp"}
    assert loader.program_on("one") not in (0, first)
    assert pinned_links(loader) == link, "it is held by the same link"
    loader.run("unload", str(loader.pins))
    until(lambda: loader.program_on("one") == 0)  # the kernel ends a link when it comes to it
