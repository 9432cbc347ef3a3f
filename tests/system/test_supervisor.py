# SPDX-License-Identifier: Apache-2.0
"""What the daemon tells its supervisor, heard on a socket as systemd has one (sd_notify(3))."""

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.daemon import Daemon
from lab.mainstay import TREE, VIP_WITH_PREFIX, Settings
from lab.node import Node
from lab.topology import Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient


class Supervisor:
    """Hears; takes every message as it came."""

    daemon: Daemon
    node: Node

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))

    def listen(self) -> list[str]:
        while True:
            try:
                self.told.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return self.told

    def await_told(self, message: str) -> None:
        wait_until(f"the supervisor is told {message!r}", lambda: message in self.listen(), 30)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Lab(["lb1"]) as lab:
        node = lab["lb1"]
        heard = Supervisor(node.directory / "notify")
        config = node.directory / "mainstay.yaml"
        config.write_text(Settings("lb1", 250, backends=()).yaml().split("services:")[0])
        command = [str(TREE / "bin/mainstayd"), "--config", str(config), "--run-dir", str(node.directory / "run")]
        environment = {"NOTIFY_SOCKET": str(heard.path), "WATCHDOG_USEC": "1000000"}
        guard = Daemon(
            node.start("mainstayd", *command, "--state-dir", str(node.directory / "state"), environment=environment)
        )
        node.processes[-1] = guard
        heard.daemon = guard
        heard.node = node
        yield heard
        heard.close()


def test_readiness_state_reload_and_stop_are_told(supervisor: Supervisor) -> None:
    supervisor.await_told("READY=1")
    assert supervisor.told[0] == "READY=1", "nothing is told before the daemon is ready"
    supervisor.await_told("STATUS=web ACTIVE")
    supervisor.told.clear()
    daemon = supervisor.daemon
    daemon.signal(signal.SIGHUP)
    supervisor.await_told("READY=1")
    reloading = next(message for message in supervisor.told if message.startswith("RELOADING=1"))
    assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]+", reloading)
    assert daemon.terminate() == 0
    assert any(message.startswith("STOPPING=1\n") for message in supervisor.listen())


def test_the_watchdog_is_fed_until_the_daemon_freezes(supervisor: Supervisor) -> None:
    daemon = supervisor.daemon
    supervisor.await_told("STATUS=web ACTIVE")
    wait_until("the watchdog was fed three times", lambda: supervisor.listen().count("WATCHDOG=1") >= 3, 30)
    daemon.freeze()
    supervisor.listen()
    supervisor.told.clear()
    # The guard takes the addresses away meanwhile; it must not speak for the daemon.
    wait_until(
        "the guard has taken the address away", lambda: VIP_WITH_PREFIX not in supervisor.node.addresses(), 10, pause=0.05
    )
    assert "WATCHDOG=1" not in supervisor.listen()
    daemon.thaw()
    supervisor.await_told("WATCHDOG=1")
