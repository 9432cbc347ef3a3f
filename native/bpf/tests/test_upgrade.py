# SPDX-License-Identifier: Apache-2.0
"""mainstay-bpf load, of another version over the one that runs: what fits is kept, and connections go on."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from network import Network, Serving
from program import FULL_NAT, _libbpf
from test_against_nftables import SERVICE, answer_tcp, configure
from test_trial import Pinned

FAMILY = socket.AF_INET
HASH = 1
ANEW = "loaded anew, as what was there had another layout"


class Host:
    """A load balancer whose data path is loaded and attached as the daemon does it, and a connection through it."""

    def __init__(self, objects: Path):
        self.objects, self.pins = objects, Path(f"/sys/fs/bpf/upgrade-{os.getpid()}")
        self.network = Network()
        with self.network.backend.entered():
            self.server = Serving(socket.create_server((self.network.BACKENDS[FAMILY][0], 8443)), answer_tcp)
        self.clients: list[socket.socket] = []

    def attempt(self, *words: str) -> subprocess.CompletedProcess:
        with self.network.lb.entered():
            return subprocess.run([self.objects / "mainstay-bpf", *words], capture_output=True, text=True, check=False)

    def run(self, *words: str) -> str:
        done = self.attempt(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def load(self, file: Path, flows: int = 4096) -> str:
        return self.run("load", str(file), str(self.pins), f"flows={flows}", "embryos=4096")

    def attach(self) -> None:
        self.run("attach", str(self.pins), "clients", "backends")

    def program(self) -> Pinned:
        """What is pinned now."""
        return Pinned(self.pins, self.pins / "maps")

    def serve(self) -> Pinned:
        program = self.program()
        configure(program, self.network, FAMILY, FULL_NAT)
        return program

    def program_on(self, device: str) -> int:
        """The number of the program that the interface runs."""
        filters = self.network.lb.run(f"tc filter show dev {device} ingress")
        found = re.findall(r" id (\d+) ", filters)
        assert len(found) == 1, filters
        return int(found[0])

    def connect(self) -> socket.socket:
        with self.network.client.entered():
            client = socket.socket(FAMILY, socket.SOCK_STREAM)
        self.clients.append(client)
        client.settimeout(20)
        client.connect((self.network.VIPS[FAMILY], SERVICE))
        client.sendall(b"e")
        return client

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.server.close()
        self.run("unload", str(self.pins))
        self.network.close()


def echoes(client: socket.socket, word: bytes) -> bool:
    client.sendall(word)
    heard = b""
    while len(heard) < len(word) and (part := client.recv(100)):
        heard += part
    return heard == word


def another_version(host: Host, tmp_path: Path) -> Path:
    """What the loader goes by is the content of the file."""
    other = tmp_path / "other.bpf.o"
    shutil.copy(host.objects / "forward.bpf.o", other)
    with other.open("ab") as file:
        file.write(b"\0")
    return other


@pytest.fixture
def host(object_path) -> Iterator[Host]:
    made = Host(Path(object_path).parent)
    yield made
    made.close()


@pytest.fixture
def running(host) -> Host:
    assert host.load(host.objects / "forward.bpf.o") == "loaded"
    host.attach()
    host.serve()
    return host


@pytest.mark.parametrize("before", ["had all maps", "had one map less"])
def test_another_version_takes_over_with_configuration_and_flows(running, tmp_path, before):
    client = running.connect()
    assert echoes(client, b"by the first version")
    first = running.program_on("clients"), running.program_on("backends")
    assert first[0] == first[1]
    if before == "had one map less":
        (running.pins / "maps" / "seeks").unlink()
    assert running.load(another_version(running, tmp_path), flows=8192) == "loaded", "with the size that they have"
    assert echoes(client, b"by the first, which runs until the other is attached")
    running.attach()
    assert running.program_on("clients") == running.program_on("backends") != first[0]
    assert echoes(client, b"by the second version")
    assert echoes(running.connect(), b"and whoever comes")
    assert (running.pins / "maps" / "seeks").exists()
    events = running.program().events_seen()
    assert not [name for name in events if name.startswith("DROP") or name in ("SENT_RESET", "FLOW_ADOPTED")], events
    assert len(running.program().flows.keys()) == 4, "two connections, both ways"
    assert running.load(tmp_path / "other.bpf.o") == "kept"


def test_over_a_version_with_another_layout_all_begins_anew_and_connections_are_met_in_their_middle(running, tmp_path):
    client = running.connect()
    assert echoes(client, b"by the first version")
    first = running.program_on("clients")
    maps = {path.name for path in (running.pins / "maps").iterdir()}
    pin = running.pins / "maps" / "flows"
    pin.unlink()
    older = _libbpf.bpf_map_create(HASH, None, 40, 96, 4096, None)
    assert older >= 0 and _libbpf.bpf_obj_pin(older, os.fsencode(pin)) == 0
    os.close(older)
    assert running.load(another_version(running, tmp_path)) == ANEW
    assert running.program_on("clients") == first, "it runs until the other is attached"
    assert {path.name for path in (running.pins / "maps").iterdir()} == maps
    program = running.serve()
    assert not program.flows.keys()
    running.attach()
    assert running.program_on("clients") != first
    assert echoes(client, b"by the second version")
    events = program.events_seen()
    assert events.pop("FLOW_ADOPTED") == 1 and not events
    assert echoes(running.connect(), b"and whoever comes")


def test_a_version_that_cannot_be_loaded_leaves_the_one_that_runs(running, tmp_path):
    client = running.connect()
    broken = tmp_path / "broken.bpf.o"
    broken.write_bytes(b"\x7fELF and nothing more")
    done = running.attempt("load", str(broken), str(running.pins))
    assert done.returncode == 1 and str(broken) in done.stderr
    assert echoes(client, b"still there")
    assert echoes(running.connect(), b"and for new ones")
    assert running.load(running.objects / "forward.bpf.o") == "kept"
