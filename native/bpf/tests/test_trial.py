# SPDX-License-Identifier: Apache-2.0
"""The second copy of the program, that is asked what it would do: the configuration of the first, and nothing else of it."""

import ctypes
import os
import random
import struct
import subprocess
from pathlib import Path

import pytest

from conftest import CLIENT_SIDE, V4, Node
from packets import SYN, Segment, frame, judge
from program import EVENTS, FULL_NAT, PASS, REDIRECT, TCP, UDP, Map, Program, _libbpf

DIRECTORY = Path("/sys/fs/bpf/mainstay-kernel-test")
CONFIGURATION = {"settings", "addresses", "filter", "services", "fronts", "tables", "sources", "backends"}
OWN = {"gates", "flows", "embryos", "fragments", "traffic", "events", "seeks", "opening", "workspace", "reply", "clock", "owners"}


def pinned(path: Path) -> int:
    fd = _libbpf.bpf_obj_get(os.fsencode(path))
    assert fd >= 0, (path, os.strerror(ctypes.get_errno()))
    return fd


class Pinned(Program):
    """What mainstay-bpf has pinned: the copy that forwards, or the one that is asked."""

    # pylint: disable=super-init-not-called
    def __init__(self, directory: Path, maps: Path):
        self.maps = maps
        self.fd = pinned(directory / "mainstay_ingress")
        self._open_maps()

    def map(self, name: str, key: int, value: int, per_cpu: bool = False) -> Map:
        path = self.maps / name
        return Map(pinned(path if path.exists() else DIRECTORY / "maps" / name), key, value, per_cpu)


@pytest.fixture(scope="module")
def loaded(object_path) -> tuple[Pinned, Pinned]:
    """The one that forwards, and the one that is asked."""
    def run(*arguments: str) -> None:
        done = subprocess.run([Path(object_path).parent / "mainstay-bpf", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    run("load", object_path, str(DIRECTORY), "flows=4096", "embryos=4096")
    run("trial", object_path, str(DIRECTORY), "flows=256", "embryos=4096")
    yield Pinned(DIRECTORY, DIRECTORY / "maps"), Pinned(DIRECTORY / "trial", DIRECTORY / "trial")
    run("unload", str(DIRECTORY))


@pytest.fixture
def copies(loaded, interfaces) -> tuple[Node, Pinned]:
    """Both, with a service of each transport."""
    forwarding, asked = loaded
    asked.empty()
    forwarding.empty()
    node = Node(forwarding, V4, interfaces, TCP, FULL_NAT).set_up()
    node.program.service(V4.vip, 443, UDP, FULL_NAT, table=(0, 31), sources=(0, 1), service_id=2)
    asked.gate(True)
    return node, asked


def everything(program: Program) -> dict[str, object]:
    hashes = {name: {key: each.get(key) for key in each.keys()}
              for name, each in (("flows", program.flows), ("embryos", program.embryos), ("fragments", program.fragments))}
    return hashes | {"events": [program.event(name) for name in EVENTS], "traffic": [program.traffic_of(slot) for slot in range(3)]}


def test_it_shares_what_the_program_cannot_write_and_has_the_rest_to_itself(loaded):
    assert {path.name for path in (DIRECTORY / "trial").iterdir()} >= OWN | {"mainstay_ingress"}
    assert not {path.name for path in (DIRECTORY / "trial").iterdir()} & CONFIGURATION


def test_to_be_asked_leaves_no_trace(copies, interfaces):
    node, asked = copies
    choose = random.Random(7)
    for port in range(30000, 30040):
        node.establish(port)
    before = everything(node.program)
    forwarded = 0
    for _ in range(400):
        segment = Segment(V4.client, choose.randrange(1024, 65536), V4.vip, choose.choice((443, 443, 80, 20005)),
                          choose.choice((TCP, UDP)), flags=choose.choice((SYN, 16, 4, 17)))
        result = asked.run(frame(segment.packet(), CLIENT_SIDE), interfaces.clients)
        forwarded += result.verdict == REDIRECT
    assert forwarded > 100
    assert everything(node.program) == before


def test_a_new_flow_is_told_as_it_then_goes(copies, interfaces):
    node, asked = copies
    for port in range(31000, 31300):
        told = judge(asked.run(frame(node.client(port).packet(), CLIENT_SIDE), interfaces.clients).frame)
        seen = node.forwarded(node.client(port))
        assert told.destination == seen.destination
        if node.program.embryo(V4.client, port, V4.vip, 443, TCP).state == 0:
            assert told.ends == seen.ends


def test_a_change_of_the_configuration_reaches_both(copies, interfaces):
    node, asked = copies
    for slot in (0, 1):
        node.program.backend(slot, V4.backends[slot], 8443, state=3)
    for port in range(32000, 32050):
        assert judge(asked.run(frame(node.client(port).packet(), CLIENT_SIDE), interfaces.clients).frame).destination == V4.backends[2]


def test_its_gates_are_its_own(copies, interfaces):
    node, asked = copies
    node.program.gate(False)
    assert node.send(node.client()).verdict == PASS
    assert asked.run(frame(node.client().packet(), CLIENT_SIDE), interfaces.clients).verdict == REDIRECT
    assert node.program.gates.get(bytes(4)) == struct.pack("<I", 0)


def test_without_the_first_copy_there_is_no_second(object_path):
    program = Path(object_path).parent / "mainstay-bpf"
    done = subprocess.run([program, "trial", object_path, "/sys/fs/bpf/mainstay-none"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "mainstay-none/maps/" in done.stderr and "expected: a map of a data path that is loaded" in done.stderr
