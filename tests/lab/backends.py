# SPDX-License-Identifier: Apache-2.0
"""The servers behind the virtual address."""

from lab.node import Node, python
from lab.process import Process
from lab.topology import ADDRESSES, BACKENDS, Lab

PORT = 8080


class Backends:
    """One server on each backend node."""

    names = BACKENDS

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._processes: dict[str, Process] = {}

    def start_all(self) -> None:
        for name in BACKENDS:
            self.start(name)
        for name in BACKENDS:
            self.await_serving(name)

    def start(self, name: str, *options: str) -> None:
        self._processes[name] = self._node(name).start(
            "backend", *python("lab.load.backend", name, ADDRESSES[name], str(PORT), *options)
        )

    def restart(self, name: str, *options: str) -> None:
        self.kill(name)
        self.start(name, *options)
        self.await_serving(name)

    def await_serving(self, name: str) -> None:
        self._processes[name].wait_for_output("serves on")

    def kill(self, name: str) -> None:
        if self._processes[name].running:
            self._processes[name].kill()
        self._processes[name].log.write_bytes(b"")

    def freeze(self, name: str) -> None:
        self._processes[name].freeze()

    def thaw(self, name: str) -> None:
        self._processes[name].thaw()

    def _node(self, name: str) -> Node:
        return self._lab[name]
