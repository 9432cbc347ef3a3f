# SPDX-License-Identifier: Apache-2.0
"""A pair of nodes with keepalived and HAProxy, for comparison."""

import os
import signal

from lab.backends import Backends
from lab.keepalived import HaProxy, Instance, Keepalived
from lab.mainstay import tail
from lab.pair import Pair
from lab.topology import BACKENDS, LOAD_BALANCERS, Lab
from lab.waiting import wait_until

PRIORITIES = {"lb1": 250, "lb2": 245}


class KeepalivedPair(Pair):
    product = "keepalived and HAProxy"

    def __init__(
        self,
        lab: Lab,
        backends: Backends,
        interval_millis: int,
        instance_lines: tuple[str, ...] = (),
        more_vips: tuple[str, ...] = (),
    ) -> None:
        super().__init__(lab, backends)
        self.interval_millis = interval_millis
        self.nodes = {
            name: Keepalived(
                lab[name],
                Instance(
                    PRIORITIES[name], interval_millis, preempt=False, more_vips=more_vips, extra=instance_lines
                ),
            )
            for name in LOAD_BALANCERS
        }
        self.proxies = {name: HaProxy(lab[name]) for name in LOAD_BALANCERS}
        self._told = dict.fromkeys(LOAD_BALANCERS, 0)

    def start(self) -> None:
        first, second = LOAD_BALANCERS
        for name in LOAD_BALANCERS:
            self.proxies[name].start()
        self.nodes[first].start()
        self.nodes[first].await_active()
        self.nodes[second].start()
        self.nodes[second].await_backup()
        for backend in BACKENDS:
            self.await_backend(backend, healthy=True)

    def holds_address(self, name: str) -> bool:
        return self.nodes[name].active

    def switchover(self) -> str:
        # keepalived has no command for it; what people do is to stop it.
        active = self.active
        process = self.nodes[active].process
        assert process is not None
        process.terminate()
        self.nodes[active].start()
        return f"{active}# systemctl restart keepalived"

    def kill(self, name: str) -> None:
        self.nodes[name].kill()
        proxy = self.proxies[name].process
        assert proxy is not None
        proxy.kill()

    def stop(self, name: str) -> None:
        # The address goes first, as when both are services of one host that shuts down.
        keepalived, proxy = self.nodes[name].process, self.proxies[name].process
        assert keepalived is not None and proxy is not None
        keepalived.terminate()
        proxy.terminate()

    def crash(self, name: str) -> None:
        self.kill(name)

    def restart(self, name: str) -> None:
        self.proxies[name].start()
        self.nodes[name].start()
        self.await_standby(name)

    def freeze(self, name: str) -> None:
        self._signal(name, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def await_standby(self, name: str) -> None:
        self.nodes[name].await_backup()

    def drain(self, backend: str, seconds: int) -> str:
        for proxy in self.proxies.values():
            proxy.set_state(backend, "drain")
        wait_until(
            f"{backend} has no connection left",
            lambda: all(proxy.server(backend)["scur"] == "0" for proxy in self.proxies.values()),
            seconds,
        )
        return f'echo "set server http/{backend} state drain" | socat - /run/haproxy.sock'

    def make_ready(self, backend: str) -> str:
        for proxy in self.proxies.values():
            proxy.set_state(backend, "ready")
        return f'echo "set server http/{backend} state ready" | socat - /run/haproxy.sock'

    def await_backend(self, backend: str, healthy: bool) -> None:
        state = "UP" if healthy else "DOWN"
        wait_until(
            f"both HAProxy see {backend} {state}",
            lambda: all(proxy.knows(backend, state) for proxy in self.proxies.values()),
            pause=0.2,
        )

    def story(self) -> list[str]:
        lines: list[str] = []
        for name, node in self.nodes.items():
            assert node.process is not None
            log = node.process.output().splitlines()
            lines += [f"{name}  {line}" for line in log[self._told[name] :] if "STATE" in line or "lower prio" in line]
            self._told[name] = len(log)
        return lines

    def states(self) -> str:
        return ", ".join(f"{name} {'MASTER' if self.holds_address(name) else 'BACKUP'}" for name in LOAD_BALANCERS)

    def logs(self) -> str:
        return "\n\n".join(
            f"log of {name}:\n{tail(node.process.output())}" for name, node in self.nodes.items() if node.process
        )

    def _signal(self, name: str, number: signal.Signals) -> None:
        for pid in self.nodes[name].pids():
            os.kill(pid, number)
        proxy = self.proxies[name].process
        assert proxy is not None
        proxy.signal(number)
