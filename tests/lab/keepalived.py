# SPDX-License-Identifier: Apache-2.0
"""A node that runs keepalived and, for the traffic, HAProxy: the peer that figures are compared with.

It is Debian's, or the program that the environment variable KEEPALIVED names.
"""

import os
import re
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from lab.backends import PORT
from lab.node import Node
from lab.process import Process
from lab.topology import ADDRESSES, BACKENDS, INTERFACE, PREFIX_LENGTH, VIP
from lab.waiting import wait_until

PROGRAM = os.environ.get("KEEPALIVED", "keepalived")


def version() -> tuple[int, ...]:
    """Of the program, such as (2, 2, 7); empty if there is none."""
    try:
        told = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=False).stderr
    except FileNotFoundError:
        return ()
    found = re.search(r"v([0-9.]+)", told)
    return tuple(int(number) for number in found[1].split(".")) if found else ()


@dataclass(frozen=True)
class Instance:
    """One vrrp_instance."""

    priority: int
    interval_millis: int = 100
    vrid: int = 51
    version: int = 3
    preempt: bool = True
    vip: str = f"{VIP}/{PREFIX_LENGTH}"
    """The one by which it is told whether the node is Active."""
    more_vips: tuple[str, ...] = ()
    extra: tuple[str, ...] = field(default_factory=tuple)
    real_time: bool = False
    """Whether it comes before other programs, as with its own vrrp_rt_priority; by default it does not."""


class Keepalived:
    """keepalived on one node. Its state is read from the kernel: it is Active when it holds the address."""

    def __init__(self, node: Node, instance: Instance) -> None:
        self.node = node
        self.instance = instance
        self.process: Process | None = None

    def start(self) -> None:
        configuration = self.node.directory / "keepalived.conf"
        configuration.write_text(self.configuration())
        pid_files = [f"--{kind}={self.node.directory}/run/{kind}" for kind in ("pid", "vrrp_pid", "checkers_pid")]
        self.process = self.node.start(
            "keepalived",
            PROGRAM,
            "--dont-fork",
            "--log-console",
            "--log-detail",
            "--vrrp",
            f"--use-file={configuration}",
            *pid_files,
            real_time=self.instance.real_time,
        )

    def configuration(self) -> str:
        one = self.instance
        addresses = "\n".join(f"        {vip}" for vip in (*one.more_vips, one.vip))
        extra = "\n".join(f"    {line}" for line in (*one.extra, *(() if one.preempt else ("nopreempt",))))
        return f"""
global_defs {{
    vrrp_version {one.version}
    vrrp_garp_master_refresh 60
    enable_script_security
}}
vrrp_instance web {{
    state BACKUP
    interface {INTERFACE}
    virtual_router_id {one.vrid}
    priority {one.priority}
    advert_int {one.interval_millis / 1000:g}
{extra}
    virtual_ipaddress {{
{addresses}
    }}
}}
"""

    @property
    def active(self) -> bool:
        own = "use_vmac" in self.instance.extra
        return self.instance.vip in self.node.addresses(f"vrrp.{self.instance.vrid}" if own else INTERFACE)

    def await_active(self, seconds: float = 20.0) -> None:
        wait_until(f"keepalived on {self.node.name} becomes Active", lambda: self.active, seconds)

    def await_backup(self, seconds: float = 20.0) -> None:
        def backup() -> bool:
            process = self.process
            return process is not None and "Entering BACKUP STATE" in process.output() and not self.active

        wait_until(f"keepalived on {self.node.name} becomes Backup", backup, seconds)

    def stop(self) -> None:
        """Lets it say goodbye."""
        assert self.process is not None
        self.process.terminate()

    def kill(self) -> None:
        """Ends parent and child at once."""
        assert self.process is not None
        pids = self.pids()
        # All stand still first, so that the parent cannot restart a child.
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for pid in pids[1:]:
            os.kill(pid, signal.SIGKILL)
        self.process.kill()
        # As long as one is a zombie, keepalived believes that it runs already.
        wait_until("the processes of keepalived are gone", lambda: not any(Path(f"/proc/{p}").exists() for p in pids))

    def pids(self) -> list[int]:
        """The parent and its VRRP process."""
        assert self.process is not None
        children = self.node.run("ps", "-o", "pid=", "--ppid", str(self.process.pid)).split()
        return [self.process.pid, *map(int, children)]


class HaProxy:
    """HAProxy in TCP mode on one node, listening on the virtual address whether the node holds it or not."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.socket = node.directory / "run" / "haproxy.sock"
        self.process: Process | None = None

    def start(self) -> None:
        self.node.run("sysctl", "-qw", "net.ipv4.ip_nonlocal_bind=1")
        configuration = self.node.directory / "haproxy.cfg"
        servers = "\n".join(
            f"    server {name} {ADDRESSES[name]}:{PORT} check inter 1s fall 2 rise 2" for name in BACKENDS
        )
        configuration.write_text(f"""
global
    stats socket {self.socket} level admin
defaults
    mode tcp
    timeout connect 3s
    timeout client 300s
    timeout server 300s
    option redispatch
    retries 3
listen http
    bind {VIP}:80
    balance roundrobin
    option httpchk GET /health
{servers}
""")
        self.process = self.node.start("haproxy", "haproxy", "-db", "-f", str(configuration))

    def set_state(self, backend: str, state: str) -> None:
        """state: ready, drain or maint."""
        self.ask(f"set server http/{backend} state {state}")

    def server(self, backend: str) -> dict[str, str]:
        """The fields of `show stat` for one server, e.g. status and scur (current sessions)."""
        header, *rows = self.ask("show stat http 4 -1").lstrip("# ").splitlines()
        for row in rows:
            fields = dict(zip(header.split(","), row.split(","), strict=False))
            if fields["svname"] == backend:
                return fields
        raise AssertionError(f"HAProxy on {self.node.name} does not know {backend}")

    def knows(self, backend: str, state: str) -> bool:
        """Whether it sees the backend UP or DOWN; a HAProxy that is still starting knows nothing."""
        try:
            return self.server(backend)["status"] == state
        except OSError:
            return False

    def ask(self, command: str) -> str:
        """A command of HAProxy's runtime API and its answer."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self.socket))
            control.sendall(command.encode() + b"\n")
            return b"".join(iter(lambda: control.recv(65536), b"")).decode()
