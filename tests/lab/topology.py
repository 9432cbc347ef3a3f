# SPDX-License-Identifier: Apache-2.0
"""The network that tests and the demo share.

client 198.18.0.50 ──┐            ┌── web1 198.18.0.11
lb1    198.18.0.1  ──┤   switch   ├── web2 198.18.0.12
lb2    198.18.0.2  ──┘            └── web3 198.18.0.13        virtual address 198.18.0.100
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from lab import shell
from lab.node import Node

VIP = "198.18.0.100"
PREFIX_LENGTH = 24
INTERFACE = "eth0"
SWITCH = "switch"
ADDRESSES = {
    "lb1": "198.18.0.1",
    "lb2": "198.18.0.2",
    "client": "198.18.0.50",
    "web1": "198.18.0.11",
    "web2": "198.18.0.12",
    "web3": "198.18.0.13",
}
BACKENDS = ("web1", "web2", "web3")
LOAD_BALANCERS = ("lb1", "lb2")

LABS = Path("/run/lab")


class Lab:
    """A switch and the nodes that are plugged into it, up once the lab is entered."""

    def __init__(self, names: Iterable[str] = ADDRESSES) -> None:
        LABS.mkdir(exist_ok=True)
        self.directory = Path(tempfile.mkdtemp(dir=LABS))
        self.switch = Node(SWITCH, self.directory)
        self.nodes = {name: Node(name, self.directory) for name in names}

    def __enter__(self) -> "Lab":
        try:
            self.switch.await_ready()
            for node in self.nodes.values():
                node.await_ready()
            self._plug_in()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _value: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def close(self) -> None:
        for node in self.nodes.values():
            node.close()
        self.switch.close()

    def mac(self, name: str) -> str:
        """The hardware address of a node on the switch."""
        return mac_address(list(self.nodes).index(name) + 1)

    def _plug_in(self) -> None:
        """With few programs: every test does this."""
        numbered = list(enumerate(self.nodes.values(), 1))
        # Before the cables: were it after them, the first port had the same index as its other end. The kernel takes such a pair
        # for no pair, and puts news of its carrier off for up to a second (linkwatch).
        bridge = "link add br0 type bridge stp_state 0 mcast_snooping 0\nlink set br0 addrgenmode none up\n"
        self.switch.run("ip", "-batch", "-", stdin=bridge)
        # The port of the switch bears the name of the node behind it, so a capture there reads well.
        cables = "".join(
            f"link add {INTERFACE} address {mac_address(number)} netns {node.pid}"
            f" type veth peer name {node.name} netns {self.switch.pid}\n"
            for number, node in numbered
        )
        shell.run(["ip", "-batch", "-"], stdin=cables)
        ports = "".join(
            f"link set {name} addrgenmode none\nlink set {name} master br0 up\n" for name in self.nodes
        )
        self.switch.run("ip", "-batch", "-", stdin=ports)
        for number, node in numbered:
            node.run(
                "ip",
                "-batch",
                "-",
                stdin=f"address add {ADDRESSES[node.name]}/{PREFIX_LENGTH} dev {INTERFACE}\n"
                f"address add 2001:db8::{number:x}/64 dev {INTERFACE} nodad\n"
                f"link set {INTERFACE} up\n",
            )


def mac_address(number: int) -> str:
    return f"02:00:00:00:00:{number:02x}"
