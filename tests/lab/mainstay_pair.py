# SPDX-License-Identifier: Apache-2.0
"""A pair of Mainstay nodes."""

from datetime import datetime
from typing import Any

from lab.backends import Backends
from lab.mainstay import SERVICE, Mainstay, Settings, tail
from lab.pair import Pair
from lab.topology import LOAD_BALANCERS, Lab

PRIORITIES = {"lb1": 250, "lb2": 245}


class MainstayPair(Pair):
    product = "Mainstay"

    def __init__(
        self,
        lab: Lab,
        backends: Backends,
        interval_millis: int,
        service_lines: str = "",
        router_lines: str = "",
        more_addresses: tuple[str, ...] = (),
    ) -> None:
        super().__init__(lab, backends)
        self.interval_millis = interval_millis
        # No preemption: a node that returns stays Backup, so that each fault moves the address once.
        self.nodes = {
            name: Mainstay(
                lab[name],
                Settings(
                    name,
                    PRIORITIES[name],
                    interval_millis,
                    preempt=False,
                    service_lines=service_lines,
                    router_lines=router_lines,
                    more_addresses=more_addresses,
                ),
            )
            for name in LOAD_BALANCERS
        }
        self._told: dict[str, int] = dict.fromkeys(LOAD_BALANCERS, 0)

    def start(self) -> None:
        start_in_order(*(self.nodes[name] for name in LOAD_BALANCERS))

    def holds_address(self, name: str) -> bool:
        return self.nodes[name].holds_address

    def switchover(self) -> str:
        active = self.active
        self.nodes[active].command("switchover", "--wait")
        return f"{active}# mainstay switchover --wait"

    def kill(self, name: str) -> None:
        self.nodes[name].daemon.kill_daemon()

    def stop(self, name: str) -> None:
        self.nodes[name].daemon.terminate()

    def crash(self, name: str) -> None:
        self.nodes[name].daemon.kill()

    def restart(self, name: str) -> None:
        # Its events begin anew if the journal did not survive.
        self.nodes[name].start()
        self.await_standby(name)

    def freeze(self, name: str) -> None:
        self.nodes[name].daemon.freeze()

    def thaw(self, name: str) -> None:
        self.nodes[name].daemon.thaw()

    def await_standby(self, name: str) -> None:
        self.nodes[name].await_state("BACKUP")
        self.nodes[name].await_not_holding()

    def drain(self, backend: str, seconds: int) -> str:
        # Only the Active has connections; the Backup must not give the backend new ones after a takeover either.
        active = self.active
        for name, node in self.nodes.items():
            wait = ("--wait", "--timeout", f"{seconds}s") if name == active else ()
            node.command("backend", "drain", backend, *wait, timeout=seconds + 20)
        return f"{active}# mainstay backend drain {backend} --wait --timeout {seconds}s"

    def make_ready(self, backend: str) -> str:
        for node in self.nodes.values():
            node.command("backend", "ready", backend)
        return f"mainstay backend ready {backend}"

    def await_backend(self, backend: str, healthy: bool) -> None:
        for node in self.nodes.values():
            node.await_checked(healthy, backend)

    def story(self) -> list[str]:
        lines: list[tuple[datetime, str]] = []
        for name, node in self.nodes.items():
            events = node.events()
            if events and events[-1]["sequence"] < self._told[name]:
                self._told[name] = 0
            for event in events:
                if event["sequence"] > self._told[name]:
                    at = datetime.fromisoformat(event["time"])
                    clock = f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}"
                    lines.append((at, f"{clock}  {name}  {event['subject']}: {event['sentence']}"))
            self._told[name] = events[-1]["sequence"] if events else self._told[name]
        return [line for _, line in sorted(lines)]

    def states(self) -> str:
        return ", ".join(f"{name} {self._state(node)}" for name, node in self.nodes.items())

    def logs(self) -> str:
        return "\n\n".join(f"log of {name}:\n{tail(node.log())}" for name, node in self.nodes.items())

    @staticmethod
    def _state(node: Mainstay) -> str:
        status = node.status()
        healthy = [backend["name"] for backend in _backends(status) if backend["state"] == "HEALTHY"]
        return f"{status['virtual_routers'][0]['state']} ({len(healthy)} of {len(_backends(status))} backends healthy)"


def start_in_order(first: Mainstay, second: Mainstay) -> None:
    """Starts both and returns when the first is Active, the second Backup, and every backend healthy.

    The second is started while the first listens already: it would have to be quicker by the whole start of a daemon.
    """
    first.start()
    first.await_listening()
    second.start()
    first.await_holding()
    first.await_ready("ACTIVE")
    second.await_ready("BACKUP")


def _backends(status: dict[str, Any]) -> list[dict[str, Any]]:
    return [backend for service in status["services"] if service["name"] == SERVICE for backend in service["backends"]]
