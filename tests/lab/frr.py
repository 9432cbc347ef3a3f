# SPDX-License-Identifier: Apache-2.0
"""A node that runs vrrpd of FRRouting, with the macvlan that it needs, and zebra beside it. No service is involved."""

from dataclasses import dataclass
from ipaddress import ip_interface
from pathlib import Path

from lab.node import Node
from lab.process import Process
from lab.topology import INTERFACE, PREFIX_LENGTH, VIP
from lab.waiting import wait_until

PROGRAMS = "/usr/lib/frr"
MACVLAN = "vrrp51"


@dataclass(frozen=True)
class VrrpdSettings:
    """One virtual router."""

    priority: int
    interval_millis: int = 100
    vrid: int = 51
    version: int = 3
    preempt: bool = True
    vip: str = f"{VIP}/{PREFIX_LENGTH}"

    @property
    def address(self) -> str:
        return self.vip.partition("/")[0]

    @property
    def ipv6(self) -> bool:
        return ip_interface(self.vip).version == 6


def _with_root(group: str) -> str:
    """A line of /etc/group: name, password, number, members."""
    name, password, number, members = group.split(":")
    if name == "frrvty":
        members = ",".join(filter(None, (members, "root")))
    return ":".join((name, password, number, members))


class Vrrpd:
    """vrrpd and zebra on one node."""

    def __init__(self, node: Node, settings: VrrpdSettings) -> None:
        self.node = node
        self.settings = settings
        self.processes: list[Process] = []

    def start(self) -> None:
        """As FRR's manual tells: vrrpd finds the virtual router by the MAC and the addresses of a macvlan."""
        self._make_macvlan()
        self._let_root_in()
        configuration = self.node.directory / "vrrpd.conf"
        configuration.write_text(self.configuration())
        (self.node.directory / "zebra.conf").write_text("")
        self.processes = [self._start("zebra", "zebra.conf")]
        wait_until("zebra takes connections", (self.node.directory / "run" / "zserv.api").exists)
        self.processes.append(self._start("vrrpd", "vrrpd.conf"))

    def _make_macvlan(self) -> None:
        one = self.settings
        family = 2 if one.ipv6 else 1
        mac = f"00:00:5e:00:{family:02x}:{one.vrid:02x}"
        lines = [
            f"link add {MACVLAN} link {INTERFACE} type macvlan mode bridge",
            # Not in one line: the kernel knows no IPv6 of a device that is about to be.
            f"link set {MACVLAN} addrgenmode {'random' if one.ipv6 else 'none'}",
            f"link set {MACVLAN} address {mac}",
            f"address add {one.vip} dev {MACVLAN}{' nodad' if one.ipv6 else ''}",
            f"link set {MACVLAN} up",
        ]
        self.node.run("sysctl", "-qw", "net.ipv4.conf.all.ignore_routes_with_linkdown=1")
        if MACVLAN not in self.node.run("ip", "-o", "link", "show"):
            self.node.run("ip", "-batch", "-", stdin="".join(f"{line}\n" for line in lines))

    def _let_root_in(self) -> None:
        """FRR runs for members of its group alone; on this node, root is one."""
        groups = self.node.directory / "group"
        if not groups.exists():
            lines = Path("/etc/group").read_text().splitlines()
            groups.write_text("".join(f"{_with_root(line)}\n" for line in lines))
            self.node.run("mount", "--bind", str(groups), "/etc/group")

    def configuration(self) -> str:
        one = self.settings
        vrrp = f" vrrp {one.vrid}"
        return "\n".join(
            [
                f"interface {INTERFACE}",
                f"{vrrp} version {one.version}",
                f"{vrrp} priority {one.priority}",
                f"{vrrp} advertisement-interval {one.interval_millis}",
                *([] if one.preempt else [f" no vrrp {one.vrid} preempt"]),
                f"{vrrp} {'ipv6' if one.ipv6 else 'ip'} {one.address}",
                "",
            ]
        )

    def _start(self, program: str, configuration: str) -> Process:
        run = self.node.directory / "run"
        return self.node.start(
            program,
            f"{PROGRAMS}/{program}",
            "--config_file",
            str(self.node.directory / configuration),
            "--pid_file",
            str(run / f"{program}.pid"),
            "--socket",
            str(run / "zserv.api"),
            "--vty_socket",
            str(run),
            "--vty_port",
            "0",
            "--user",
            "root",
            "--group",
            "root",
            "--log",
            "stdout",
            "--log-level",
            "informational",
            real_time=True,
        )

    @property
    def active(self) -> bool:
        """The macvlan of a Backup is kept down, and that of a killed one is gone."""
        return "state UP" in self.node.attempt("ip", "-o", "link", "show", "dev", MACVLAN).stdout

    def await_active(self, seconds: float = 20.0) -> None:
        wait_until(f"vrrpd on {self.node.name} becomes Active", lambda: self.active, seconds)

    def stop(self) -> None:
        """Lets vrrpd say goodbye. Whether zebra then hears in time that the macvlan is to go down is left to chance."""
        zebra, vrrpd = self.processes
        vrrpd.terminate()
        self.node.run("ip", "link", "delete", MACVLAN)
        zebra.terminate()

    def kill(self) -> None:
        """The macvlan stays up behind a killed vrrpd, so it goes as well, as with the host."""
        for process in reversed(self.processes):
            process.kill()
        self.node.run("ip", "link", "delete", MACVLAN)
