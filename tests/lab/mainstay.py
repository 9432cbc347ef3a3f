# SPDX-License-Identifier: Apache-2.0
"""A node that runs Mainstay from the built tree."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.backends import PORT
from lab.control import NotReachable, get
from lab.daemon import Daemon
from lab.node import Node
from lab.topology import ADDRESSES, BACKENDS, INTERFACE, PREFIX_LENGTH, VIP
from lab.waiting import NotInTime, wait_until

TREE = Path(os.environ.get("MAINSTAY_TREE", Path(__file__).parent.parent.parent / "target" / "mainstay"))
"""The runnable tree of ./dev build."""

VIP_WITH_PREFIX = f"{VIP}/{PREFIX_LENGTH}"
ROUTER = "web"
SERVICE = "http"

PATIENCE_SECONDS = 60.0
"""How long a condition is waited for: a daemon has been seen to take half a minute to start, on a machine that is very busy."""

STATUS_PAUSE_SECONDS = 0.05
"""Between two looks at the status of a node."""


@dataclass(frozen=True)
class Settings:
    """The configuration of one node; what is not named here keeps its default."""

    name: str
    priority: int
    interval_millis: int = 100
    preempt: bool = True
    vrid: int = 51
    interface: str = INTERFACE
    address: str = VIP_WITH_PREFIX
    """The one on which the service listens, and by which it is told whether the node is Active."""
    more_addresses: tuple[str, ...] = ()
    more_listeners: tuple[str, ...] = ()
    """More addresses with ports on which the service listens."""
    router_lines: str = ""
    """More keys of the virtual router, one a line."""
    service_lines: str = ""
    """More keys of the service, one a line."""
    balance: str = "round_robin"
    backends: tuple[str, ...] = BACKENDS

    @property
    def holder(self) -> str:
        """The interface that has the virtual addresses of IPv4 while the node is Active."""
        return f"vrrp4-{self.vrid}" if "virtual_mac: true" in self.router_lines else self.interface

    def yaml(self) -> str:
        listen = self.address.partition("/")[0]
        listen = f"[{listen}]" if ":" in listen else listen
        listeners = f'"{listen}:80/tcp"'
        if self.more_listeners:
            listeners = f"[{', '.join((listeners, *map(json.dumps, self.more_listeners)))}]"
        router_lines = "".join(f"    {line}\n" for line in self.router_lines.splitlines())
        service_lines = "".join(f"    {line}\n" for line in self.service_lines.splitlines())
        addresses = ", ".join(f'"{address}"' for address in (*self.more_addresses, self.address))
        backends = "".join(f"      - {{name: {name}, address: {ADDRESSES[name]}:{PORT}}}\n" for name in self.backends)
        return f"""\
node:
  name: {self.name}
virtual_routers:
  - name: {ROUTER}
    interface: {self.interface}
    vrid: {self.vrid}
    priority: {self.priority}
    advertisement_interval: {self.interval_millis}ms
    addresses: [{addresses}]
    preempt: {str(self.preempt).lower()}
{router_lines}\
services:
  - name: {SERVICE}
    listen: {listeners}
    balance: {self.balance}
    health_check: {{type: http, path: /health, interval: 500ms, timeout: 400ms, failures: 2, success: 2}}
    timeouts: {{connect: 1s}}
{service_lines}\
    backends:
{backends}"""


class Mainstay:
    """`mainstayd` on one node, and `mainstay` to talk to it."""

    def __init__(self, node: Node, settings: Settings) -> None:
        self.node = node
        self.settings = settings
        self.config = node.directory / "mainstay.yaml"
        self.run_dir = node.directory / "run"
        self.state_dir = node.directory / "state"
        self.socket = self.run_dir / "control.sock"
        self.process: Daemon | None = None

    @property
    def name(self) -> str:
        return self.node.name

    def start(
        self, configuration: str | None = None, environment: Mapping[str, str] | None = None, tree: Path = TREE
    ) -> None:
        self.config.write_text(configuration if configuration is not None else self.settings.yaml())
        guard = self.node.start(
            "mainstayd",
            str(tree / "bin" / "mainstayd"),
            "--config",
            str(self.config),
            "--run-dir",
            str(self.run_dir),
            "--state-dir",
            str(self.state_dir),
            environment=environment,
        )
        self.process = Daemon(guard)
        self.node.processes[-1] = self.process

    def configure(self, **changes: Any) -> None:
        """Changes the settings with which it is started next, or that a test writes for a reload."""
        self.settings = replace(self.settings, **changes)

    @property
    def daemon(self) -> Daemon:
        assert self.process is not None, f"{self.name}: the daemon was never started"
        return self.process

    def log(self) -> str:
        return self.daemon.output()

    def command(self, *arguments: str, timeout: float = 30.0) -> Any:
        """Runs `mainstay --json ARGUMENTS` and returns what it printed; fails when it fails."""
        return parse_json(self.node.run(*self._cli("--json", *arguments), timeout=timeout))

    def attempt(self, *arguments: str, timeout: float = 30.0) -> "Attempt":
        """Runs `mainstay ARGUMENTS` and returns its exit status and what it printed."""
        done = self.node.attempt(*self._cli(*arguments), timeout=timeout)
        return Attempt(done.returncode, done.stdout, done.stderr)

    def status(self) -> dict[str, Any]:
        """As `mainstay --json status` has it; fails with NotReachable while no daemon answers."""
        status = get(self.socket, "/v1/status")
        assert isinstance(status, dict)
        return status

    def events(self) -> list[dict[str, Any]]:
        """Every event that the node still remembers, the oldest first."""
        events = get(self.socket, "/v1/events")
        assert isinstance(events, list)
        return events

    def router(self) -> dict[str, Any]:
        return _router(self.status())

    def backend(self, name: str) -> dict[str, Any]:
        return one(one(self.status()["services"], SERVICE)["backends"], name)

    @property
    def holds_address(self) -> bool:
        return self.settings.address in self.node.addresses(self.settings.holder)

    def await_listening(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits until its virtual router has started, from when it listens for an Active."""
        self._await_status("listens", lambda status: _router(status)["state"] != "INITIALIZE", seconds)

    def await_holding(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._wait("holds the address", lambda: self.holds_address, seconds)

    def await_not_holding(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._wait("does not hold the address", lambda: not self.holds_address, seconds)

    def await_state(self, state: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits until the status shows the state; a daemon that is still starting is waited for too."""
        self._await_status(f"is {state}", lambda status: _router(status)["state"] == state, seconds)

    def await_answering(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits until the daemon has started."""
        self._await_status("answers", lambda status: True, seconds)

    def await_backends(self, state: str = "HEALTHY", *names: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits until these backends (default: all) are in the state, as this node sees them."""
        wanted = names or self.settings.backends

        def reached(status: dict[str, Any]) -> bool:
            backends = one(status["services"], SERVICE)["backends"]
            return all(one(backends, name)["state"] == state for name in wanted)

        self._await_status(f"sees {', '.join(wanted)} {state}", reached, seconds)

    def await_checked(self, healthy: bool, name: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits until the backend is HEALTHY or UNHEALTHY, and a check that ended after this call agrees.

        After a fault of the network the state may still be that of before, with a failed check on its way.
        """
        asked = datetime.now(UTC)

        def reached(status: dict[str, Any]) -> bool:
            backend = one(one(status["services"], SERVICE)["backends"], name)
            check = backend["last_check"]
            return (
                backend["state"] == ("HEALTHY" if healthy else "UNHEALTHY")
                and check is not None
                and check["success"] == healthy
                and datetime.fromisoformat(check["at"]) > asked
            )

        self._await_status(f"has checked that {name} is {'' if healthy else 'not '}healthy", reached, seconds)

    def await_ready(self, state: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Waits for the state, with every backend healthy."""
        self.await_state(state, seconds)
        self.await_backends(seconds=seconds)

    def _await_status(self, what: str, condition: Callable[[dict[str, Any]], bool], seconds: float) -> None:
        def reached() -> bool:
            try:
                return condition(self.status())
            except NotReachable:
                return False

        self._wait(what, reached, seconds, STATUS_PAUSE_SECONDS)

    def _wait(self, what: str, condition: Callable[[], bool], seconds: float, pause: float = 0.02) -> None:
        def checked() -> bool:
            if not self.daemon.running:
                raise AssertionError(f"{self.name}: mainstayd has ended:\n{self.log()}")
            return condition()

        try:
            wait_until(f"{self.name} {what}", checked, seconds, pause)
        except NotInTime as failure:
            raise NotInTime(f"{failure}; its log ends:\n{tail(self.log())}") from None

    def _cli(self, *arguments: str) -> list[str]:
        return [str(TREE / "bin" / "mainstay"), "--socket", str(self.socket), *arguments]


@dataclass(frozen=True)
class Attempt:
    """A run of the command line."""

    status: int
    output: str
    errors: str


def one(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The entry with the name."""
    found = [entry for entry in entries if entry["name"] == name]
    assert len(found) == 1, f"{name}: {len(found)} entries (expected: 1)"
    return found[0]


def _router(status: dict[str, Any]) -> dict[str, Any]:
    return one(status["virtual_routers"], ROUTER)


def parse_json(text: str) -> Any:
    """One JSON value, or one a line."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def tail(text: str, lines: int = 30) -> str:
    return "\n".join(text.splitlines()[-lines:])
