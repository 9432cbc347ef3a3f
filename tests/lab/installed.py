# SPDX-License-Identifier: Apache-2.0
"""Mainstay as a package installs it: in a clean Debian root of its own, run as the unit says, without the build tree."""

import json
import os
from pathlib import Path
from typing import Any

from lab.mainstay import Settings
from lab.node import Node
from lab.waiting import wait_until

CLEAN_ROOT = Path(os.environ.get("MAINSTAY_CLEAN_ROOT", "/var/cache/mainstay-dev/bookworm"))
"""A root of debootstrap --variant=minbase: no Java, no Python, no systemd."""

STAND_IN = Path(__file__).parent / "systemctl"


class Installed:
    """A node with a root that starts as a copy of the clean one. Everything here runs inside that root."""

    def __init__(self, node: Node, settings: Settings) -> None:
        self.node = node
        self.settings = settings
        self.root = node.directory / "root"
        node.run("/bin/sh", "-c", _MOUNT, "mount", str(CLEAN_ROOT), str(node.directory))

    @property
    def name(self) -> str:
        return self.node.name

    def run(self, *command: str, timeout: float = 120.0) -> str:
        return self.node.run("chroot", str(self.root), *_clean(command), timeout=timeout)

    def succeeds(self, *command: str) -> bool:
        return self.node.attempt("chroot", str(self.root), *_clean(command)).returncode == 0

    def use_stand_in(self) -> None:
        """Puts a systemctl into the root that runs one service, so that maintainer scripts meet a system that is up."""
        self.run("mkdir", "-p", "/run/systemd/system")
        target = self.root / "usr" / "bin" / "systemctl"
        self.node.run("cp", str(STAND_IN), str(target))
        self.node.run("chmod", "755", str(target))

    def copy_in(self, package: Path) -> str:
        self.node.run("cp", str(package), str(self.root / "root"))
        return f"/root/{package.name}"

    def install(self, package: Path) -> str:
        """dpkg -i; returns what it printed."""
        return self.run("dpkg", "--install", "--force-confold", self.copy_in(package))

    def install_rpm(self, package: Path) -> None:
        """As dnf would, but for the dependencies: nothing in this root is known to rpm. Scriptlets run inside."""
        self._rpm("--install", "--nodeps", str(package))

    def erase_rpm(self) -> None:
        self._rpm("--erase", "mainstay")

    def verify_rpm(self) -> str:
        """What differs from what was installed, a file a line."""
        done = self.node.attempt("rpm", "--root", str(self.root), *_RPM_DATABASE, "--verify", "--nodeps", "mainstay")
        return done.stdout + done.stderr

    def _rpm(self, *arguments: str) -> None:
        self.node.run("rpm", "--root", str(self.root), *_RPM_DATABASE, *arguments, timeout=120)

    def configure(self, yaml: str | None = None) -> None:
        self.node.run(
            "tee", str(self.root / "etc/mainstay/mainstay.yaml"), stdin=yaml if yaml is not None else self.settings.yaml()
        )

    def start(self) -> None:
        self.run("systemctl", "start", "mainstay.service")

    def main_pid(self) -> int:
        """The guard, as the namespace of the lab numbers it."""
        return int(self.run("cat", "/run/stand-in/mainstay.pid"))

    def exit_status(self) -> int:
        """Of the daemon, once it has ended by itself."""
        wait_until(f"the daemon of {self.name} has ended", lambda: self.succeeds("test", "-s", "/run/stand-in/mainstay.status"))
        return int(self.run("cat", "/run/stand-in/mainstay.status"))

    def log(self) -> str:
        return self.run("cat", "/run/stand-in/mainstay.log")

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.run("mainstay", "--json", "status")))

    @property
    def holds_address(self) -> bool:
        return self.settings.address in self.node.addresses()

    def await_state(self, state: str, seconds: float = 60.0) -> None:
        def reached() -> bool:
            done = self.node.attempt("chroot", str(self.root), *_clean(("mainstay", "--json", "status")))
            if done.returncode != 0:
                return False
            status = json.loads(done.stdout)
            return status["virtual_routers"][0]["state"] == state and all(
                backend["state"] == "HEALTHY" for service in status["services"] for backend in service["backends"]
            )

        wait_until(f"{self.name} is {state}, every backend healthy", reached, seconds, pause=0.2)


def _clean(command: tuple[str, ...]) -> tuple[str, ...]:
    """Without the environment of the build: no JAVA_HOME, no PATH to it."""
    return ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *command)


_RPM_DATABASE = ("--dbpath", "/var/lib/rpm")

_MOUNT = """
set -e
mkdir "$2/layer" "$2/root"
mount -t tmpfs -o mode=755 layer "$2/layer"
mkdir "$2/layer/upper" "$2/layer/work"
mount -t overlay -o "lowerdir=$1,upperdir=$2/layer/upper,workdir=$2/layer/work" root "$2/root"
mount -t proc proc "$2/root/proc"
mount --rbind /sys "$2/root/sys"
mount --rbind /dev "$2/root/dev"
mount -t tmpfs -o mode=755 run "$2/root/run"
"""
