# SPDX-License-Identifier: Apache-2.0
"""A machine of the lab: a network, a host name and a few directories of its own."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from lab import shell
from lab.netlink import Addresses
from lab.process import Process

HOLDER = "mainstay-lab-node"
"""The word by which `./dev on` finds the process that holds a node's namespaces."""

_PREPARE = """
set -e
hostname "$1"
mkdir -p /run/mainstay
mount --bind "$2/run" /run/mainstay
mount -t bpf bpf /sys/fs/bpf || echo "no bpf file system of the node's own: it cannot have the kernel engine" >&2
ip link set lo up
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
echo 0 >/proc/sys/net/ipv6/conf/default/router_solicitations
echo 0 >/proc/sys/net/ipv6/conf/default/accept_ra
echo ready
read -r _
"""


class Node:
    """A network, mount and host name namespace, held by a process that ends with the lab."""

    def __init__(self, name: str, lab_directory: Path) -> None:
        self.name = name
        self.directory = lab_directory / name
        for part in ("run", "state", "tmp", "log"):
            (self.directory / part).mkdir(parents=True)
        self.processes: list[Process] = []
        self._kernel: Addresses | None = None
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", "/bin/sh", "-c", _PREPARE, HOLDER, name, str(self.directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def await_ready(self) -> None:
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != b"ready\n":
            raise AssertionError(f"node {self.name} could not be made (the reason stands above)")

    @property
    def pid(self) -> int:
        """The process that holds the namespaces."""
        return self._holder.pid

    def inside(self, command: Sequence[str]) -> list[str]:
        """The command line that runs a command on this node."""
        return [
            "nsenter",
            "--target",
            str(self.pid),
            "--net",
            "--mount",
            "--uts",
            "--root",
            f"--wd={self.directory}",
            "--",
            *command,
        ]

    def run(self, *command: str, stdin: str = "", timeout: float = 30.0) -> str:
        return shell.run(self.inside(command), stdin=stdin, timeout=timeout)

    def attempt(self, *command: str, stdin: str = "", timeout: float = 30.0) -> "subprocess.CompletedProcess[str]":
        return shell.attempt(self.inside(command), stdin=stdin, timeout=timeout)

    def start(
        self, name: str, *command: str, environment: Mapping[str, str] | None = None, real_time: bool = False
    ) -> Process:
        """Starts a program in the background; what it prints goes to log/NAME.log, after what stands there.

        In real time, where that is allowed, it comes before whatever else the machine does.
        """
        log = self.directory / "log" / f"{name}.log"
        with log.open("ab") as output:
            popen = subprocess.Popen(
                self.inside(command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": str(self.directory / "tmp"), **(environment or {})},
                preexec_fn=_ask_for_real_time if real_time else None,
            )
        process = Process(name, popen, log)
        self.processes.append(process)
        return process

    def addresses(self, interface: str = "eth0") -> list[str]:
        """The addresses of an interface as the kernel has them, with prefix length; none without it."""
        if self._kernel is None:
            self._kernel = Addresses(self.pid)
        return self._kernel.of(interface)

    def close(self) -> None:
        """Ends every program of this node, then the node."""
        for process in self.processes:
            if process.running:
                process.thaw()
                process.kill()
        if self._kernel is not None:
            self._kernel.close()
        assert self._holder.stdin is not None and self._holder.stdout is not None
        self._holder.stdin.close()
        self._holder.stdout.close()
        self._holder.wait()


def _ask_for_real_time() -> None:
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def python(module: str, *arguments: str) -> list[str]:
    """The command line of a program of the lab itself."""
    return ["/usr/bin/python3", "-m", module, *arguments]
