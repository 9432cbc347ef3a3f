# SPDX-License-Identifier: Apache-2.0
"""Two installed nodes that serve one address, by both engines."""

from pathlib import Path

from lab.backends import Backends
from lab.installed import DEBIAN, Installed
from lab.mainstay import Settings
from lab.topology import VIP, Lab
from lab.waiting import wait_until

PRIORITIES = {"lb1": 250, "lb2": 245}

KERNEL_PORT = 81
"""Where the kernel engine serves what the proxy engine serves on port 80."""


class InstalledPair:
    """lb1 and lb2 in a lab whose backends run; lb1 is Active after `start`, and neither takes over from the other."""

    def __init__(self, lab: Lab, machine: Path = DEBIAN) -> None:
        self.lab = lab
        Backends(lab).start_all()
        self.nodes = {
            name: Installed(lab[name], Settings(name, priority, preempt=False), machine)
            for name, priority in PRIORITIES.items()
        }
        for node in self.nodes.values():
            node.await_booted()

    def __getitem__(self, name: str) -> Installed:
        return self.nodes[name]

    def start(self) -> None:
        for name, state in (("lb1", "ACTIVE"), ("lb2", "BACKUP")):
            self[name].configure(yaml(self[name].settings))
            self[name].start()
            self[name].await_state(state)

    def settle(self, active: str) -> None:
        """Has the named node Active and the other one Backup, whatever was before."""
        other = "lb2" if active == "lb1" else "lb1"
        if not self[active].holds_address:
            self[other].await_state("ACTIVE")
            self[active].await_state("BACKUP")
            self[other].run("mainstay", "switchover", "--wait")
        self[active].await_state("ACTIVE")
        self[other].await_state("BACKUP")

    def serves(self) -> bool:
        """Whether a client gets an answer from a backend, tried once more while a connection is refused or reset."""
        options = ("--silent", "--fail", "--retry", "10", "--retry-all-errors", "--retry-delay", "1", "--max-time", "5")
        return self.lab["client"].attempt("curl", *options, f"http://{VIP}/").returncode == 0

    def kill_daemon(self, active: str) -> None:
        """SIGKILL for the Active's daemon, and the other node has the address."""
        other = self["lb2" if active == "lb1" else "lb1"]
        self[active].signal_daemon("KILL")
        wait_until(f"{other.name} holds the address", lambda: other.holds_address, 30, pause=0.01)
        wait_until(f"{active} has given it up", lambda: not self[active].holds_address, 30, pause=0.01)


def yaml(settings: Settings) -> str:
    """The configuration of a node, with a second service in front of the same backends."""
    text = settings.yaml()
    service = text.partition("services:\n")[2]
    kernel = service.replace("name: http\n", "name: kernel\n    engine: kernel\n").replace(":80/tcp", f":{KERNEL_PORT}/tcp")
    return text.replace("name: http\n", "name: http\n    engine: proxy\n") + kernel
