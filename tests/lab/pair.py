# SPDX-License-Identifier: Apache-2.0
"""Two nodes that share the virtual address, whatever program makes them do so."""

from abc import ABC, abstractmethod

from lab.backends import Backends
from lab.topology import LOAD_BALANCERS, Lab
from lab.waiting import wait_until

HANDOVER_SECONDS = 20.0


class Pair(ABC):
    """What the demo and the benchmarks ask of a pair."""

    product: str
    interval_millis: int

    def __init__(self, lab: Lab, backends: Backends) -> None:
        self.lab = lab
        self.backends = backends

    @abstractmethod
    def start(self) -> None:
        """Starts both nodes and returns when the first is Active, the second Backup, and every backend healthy."""

    @abstractmethod
    def holds_address(self, name: str) -> bool: ...

    @abstractmethod
    def switchover(self) -> str:
        """Hands the address over in good order; returns the command as a person would type it."""

    @abstractmethod
    def kill(self, name: str) -> None:
        """Kills what elects and serves on the node; what watches over it may act."""

    @abstractmethod
    def stop(self, name: str) -> None:
        """Ends the node in good order, as a service is stopped, and returns when it has ended."""

    @abstractmethod
    def crash(self, name: str) -> None:
        """Ends every program of the node at once, so that nobody is left to give the address up."""

    @abstractmethod
    def restart(self, name: str) -> None:
        """Starts what was killed and returns when the node is ready to take over."""

    @abstractmethod
    def freeze(self, name: str) -> None: ...

    @abstractmethod
    def thaw(self, name: str) -> None: ...

    @abstractmethod
    def await_standby(self, name: str) -> None:
        """Waits until the node does not serve and is ready to take over."""

    @abstractmethod
    def drain(self, backend: str, seconds: int) -> str:
        """Drains the backend and returns when its last connection has ended; returns the command."""

    @abstractmethod
    def make_ready(self, backend: str) -> str:
        """Lets the backend serve again; returns the command."""

    @abstractmethod
    def await_backend(self, backend: str, healthy: bool) -> None:
        """Waits until both nodes know."""

    @abstractmethod
    def story(self) -> list[str]:
        """What the nodes say has happened since the last call, in order."""

    @abstractmethod
    def states(self) -> str:
        """Where the pair stands, in one line."""

    @abstractmethod
    def logs(self) -> str:
        """The last lines of each node's log, for when something went wrong."""

    @property
    def active(self) -> str:
        """The node that serves, once it is exactly one: while one hands over to the other, both hold the address."""

        def only_holder() -> str | None:
            holders = [name for name in LOAD_BALANCERS if self.holds_address(name)]
            return holders[0] if len(holders) == 1 else None

        return wait_until("exactly one node holds the address", only_holder, HANDOVER_SECONDS)

    def await_active(self, name: str, seconds: float = 60.0) -> None:
        wait_until(f"{name} holds the address", lambda: self.holds_address(name), seconds, pause=0.01)


def other(name: str) -> str:
    """The peer of a node."""
    first, second = LOAD_BALANCERS
    return second if name == first else first
