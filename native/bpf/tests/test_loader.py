# SPDX-License-Identifier: Apache-2.0
"""mainstay-bpf: what stays on an interface when the filters are off, and what it says of the kernel."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from network import Namespace, attach
from program import EVENTS, Program, _libbpf


class Host:
    """An interface `one` and another `two`, the data path and the detour."""

    def __init__(self, objects: Path):
        self.program = objects / "mainstay-bpf"
        pins = f"/sys/fs/bpf/test-loader-{os.getpid()}"
        self.pins = {"forward": pins, "detour": f"{pins}-detour"}
        self.network = Namespace()
        for name in ("one", "two"):
            self.network.run(f"ip link add {name} type veth peer name {name}-far")
        for name, directory in self.pins.items():
            self.run("prepare", directory)
            self.run("load", str(objects / f"{name}.bpf.o"), directory)

    def attempt(self, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess:
        with self.network.entered():
            return subprocess.run([*before, self.program, *words], capture_output=True, text=True, check=False)

    def run(self, *words: str) -> str:
        done = self.attempt(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def attach(self, what: str, *interfaces: str) -> None:
        self.run("attach", self.pins[what], *interfaces)

    def has_clsact(self, interface: str) -> bool:
        return "clsact" in self.network.run(f"tc qdisc show dev {interface}")

    def filters(self, interface: str) -> str:
        return self.network.run(f"tc filter show dev {interface} ingress")


@pytest.fixture
def host(object_path: str) -> Iterator[Host]:
    host = Host(Path(object_path).parent)
    yield host
    for directory in host.pins.values():
        host.run("unload", directory)
        assert not Path(directory).exists()
    host.network.close()


def test_what_the_filters_stand_on_goes_with_the_last_of_them(host: Host) -> None:
    host.attach("forward", "one", "two")
    host.attach("detour", "one")
    host.attach("forward", "one", "two")
    assert host.has_clsact("one") and host.has_clsact("two")
    host.attach("forward")
    assert not host.has_clsact("two")
    assert "mainstay_detour" in host.filters("one"), "it stands on what the other had made"
    host.run("unload", host.pins["detour"])
    assert not host.has_clsact("one")


def test_what_somebody_else_made_or_uses_is_left_there(host: Host, object_path: str) -> None:
    host.network.run("tc qdisc add dev one clsact")
    host.attach("forward", "one", "two")
    foreign = Program(str(Path(object_path).with_name("detour.bpf.o")), name="mainstay_detour", maps=False)
    attach(host.network, "two", foreign.fd)
    host.attach("detour", "one", "two")
    for what in ("forward", "detour"):
        host.run("unload", host.pins[what])
    foreign.close()
    assert host.has_clsact("one") and host.filters("one") == ""
    assert host.has_clsact("two") and host.filters("two").count("handle 0x") == 1


def test_an_interface_that_comes_again_has_none_of_the_marks_of_the_former(host: Host) -> None:
    host.attach("forward", "one")
    index = host.network.run("ip -o link show dev one").partition(":")[0]
    host.network.run(
        "ip link delete one", f"ip link add one index {index} type veth peer name one-far", "tc qdisc add dev one clsact"
    )
    host.attach("forward", "one")
    host.attach("forward")
    assert host.has_clsact("one"), "somebody else made this one"


def test_an_upgrade_that_counts_other_events_keeps_the_flows(host: Host, object_path: str) -> None:
    pins = Path(host.pins["forward"])
    host.run("unload", str(pins))
    host.run("prepare", str(pins))
    host.run("load", object_path, str(pins), "events=5", "flows=77")
    for marker in pins.glob("object-*"):
        marker.rmdir()  # as if it were another version
    assert host.run("load", object_path, str(pins), "flows=1000") == "loaded\n"
    assert (max_entries(pins / "maps/events"), max_entries(pins / "maps/flows")) == (len(EVENTS), 77)


def max_entries(pin: Path) -> int:
    fd = _libbpf.bpf_obj_get(os.fsencode(pin))
    try:
        return int(re.search(r"max_entries:\s+(\d+)", Path(f"/proc/self/fdinfo/{fd}").read_text())[1])
    finally:
        os.close(fd)


def test_the_kernel_is_asked_for_what_the_data_path_needs(host: Host) -> None:
    told = dict(line.split(": ") for line in host.run("features").splitlines())
    assert told == dict.fromkeys(
        ("bpf_redirect_neigh", "atomics with a result", "batches on arrays of processors", "batches on tries"), "yes"
    )
    refused = host.attempt("features", before=("setpriv", "--bounding-set=-all", "--inh-caps=-all"))
    assert refused.returncode == 1 and refused.stdout == ""
    assert refused.stderr == "features: Operation not permitted (expected: root, or CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN)\n"
