# SPDX-License-Identifier: Apache-2.0
"""Mainstay as a package installs it: in a clean Debian root of its own, under a systemd of its own, without the build tree."""

import subprocess
from pathlib import Path
from typing import Any

from lab import shell
from lab.control import NotReachable, get
from lab.mainstay import Settings
from lab.node import Node
from lab.waiting import wait_until

_ROOTS = Path("/var/cache/mainstay-dev")

DEBIAN = _ROOTS / "debian-12"
"""The clean machines of dev.d/lib/roots.sh: no Java, no Python; what the package depends on lies in apt's cache."""

WITH_DNF = _ROOTS / "debian-12-dnf"
"""The same with dnf."""

MISTAKE = "virtual_routers:\n  - {interface: eth0, vrid: 300, addresses: [198.18.0.100/24]}\n"
TOLD = "/etc/mainstay/mainstay.yaml:2:29 virtual_routers[0].vrid: 300 (expected: 1..255)"
"""What is said of it."""

BOOT = Path(__file__).parent / "boot"
UNIT = "mainstay.service"


class Installed:
    """A node that boots a copy of a clean machine: systemd is its first process. Everything here runs beside it."""

    def __init__(self, node: Node, settings: Settings, machine: Path = DEBIAN) -> None:
        self.node = node
        self.settings = settings
        self.root = node.directory / "root"
        node.run("/bin/sh", str(BOOT / "root"), str(machine), str(node.directory))
        self._boot()

    def _boot(self) -> None:
        self._machine = self.node.start("machine", "/bin/sh", str(BOOT / "cgroup"), str(self.root))
        self._init: int | None = None

    def reboot(self) -> None:
        """Without a goodbye, as after a loss of power."""
        self._machine.kill()
        self._boot()
        self.await_booted()

    def await_booted(self) -> None:
        wait_until(f"{self.name} has booted", self._booted, 60, pause=0.1)

    @property
    def name(self) -> str:
        return self.node.name

    def run(self, *command: str, stdin: str = "", timeout: float = 120.0) -> str:
        return shell.run(self._inside(command), stdin=stdin, timeout=timeout)

    def attempt(self, *command: str, stdin: str = "", timeout: float = 120.0) -> "subprocess.CompletedProcess[str]":
        return shell.attempt(self._inside(command), stdin=stdin, timeout=timeout)

    def succeeds(self, *command: str) -> bool:
        return self.attempt(*command).returncode == 0

    def copy_in(self, package: Path, name: str | None = None) -> str:
        """Into the home of root, where commands are run."""
        target = f"/root/{name or package.name}"
        self.node.run("cp", str(package), f"{self.root}{target}")
        return target

    def install(self, package: Path, *options: str) -> str:
        """By apt, which finds what the package depends on in its cache; returns what was printed."""
        return self.run("apt-get", "--yes", "--quiet", *options, "install", self.copy_in(package))

    def configure(self, yaml: str | None = None) -> None:
        self.run("tee", "/etc/mainstay/mainstay.yaml", stdin=yaml if yaml is not None else self.settings.yaml())

    def start(self) -> None:
        """Waits until the daemon has said that it is ready."""
        self.run("systemctl", "start", UNIT)

    def show(self, setting: str) -> str:
        """What systemd says of the unit."""
        return self.run("systemctl", "show", "--property", setting, "--value", UNIT).strip()

    def main_pid(self) -> int:
        """The guard, as this node numbers it."""
        return int(self.show("MainPID"))

    def signal_daemon(self, signal: str) -> None:
        """The process beneath the guard."""
        self.run("sh", "-c", 'kill -"$1" $(cat /proc/"$2"/task/"$2"/children)', "sh", signal, str(self.main_pid()))

    def log(self) -> str:
        """What systemd and the daemon wrote about the unit since the boot."""
        return self.run("journalctl", "--unit", UNIT, "--no-pager", "--output", "cat")

    def status(self) -> dict[str, Any]:
        """What the daemon answers to `mainstay status`, asked without a JVM for each look."""
        return dict(get(Path(f"/proc/{self._init}/root/run/mainstay/control.sock"), "/v1/status"))

    @property
    def holds_address(self) -> bool:
        return self.settings.address in self.node.addresses()

    def await_state(self, state: str, seconds: float = 60.0) -> None:
        def reached() -> bool:
            try:
                status = self.status()
            except NotReachable:
                return False
            return status["virtual_routers"][0]["state"] == state and all(
                backend["state"] == "HEALTHY" for service in status["services"] for backend in service["backends"]
            )

        wait_until(f"{self.name} is {state}, every backend healthy", reached, seconds, pause=0.05)

    def _booted(self) -> bool:
        if not self._machine.running:
            raise AssertionError(f"{self.name} did not boot:\n{self._machine.output()}")
        children = Path(f"/proc/{self._machine.pid}/task/{self._machine.pid}/children").read_text().split()
        if not children:
            return False
        self._init = int(children[0])
        done = self.attempt("systemctl", "is-system-running")
        assert done.stdout.strip() != "degraded", self.run("systemctl", "--failed", "--no-pager")
        return done.stdout.strip() == "running"

    def _inside(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """Without the environment of the build: no JAVA_HOME, no PATH to it."""
        namespaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root")
        return ("nsenter", "--target", str(self._init), *namespaces, "--", "env", "-i", "--chdir=/root", *_ENVIRONMENT, *command)


_ENVIRONMENT = ("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")
