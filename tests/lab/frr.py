# SPDX-License-Identifier: Apache-2.0
"""A node that runs vrrpd of FRRouting, with the macvlan that it needs, and zebra beside it. No service is involved."""

from dataclasses import dataclass
from ipaddress import ip_interface

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
    rfc9568_checksum: bool = False

    @property
    def address(self) -> str:
        return self.vip.partition("/")[0]

    @property
    def ipv6(self) -> bool:
        return ip_interface(self.vip).version == 6


class Vrrpd:
    """vrrpd and zebra on one node."""

    def __init__(self, node: Node, settings: VrrpdSettings) -> None:
        self.node = node
        self.settings = settings
        self.processes: list[Process] = []

    def start(self) -> None:
        """As FRR's manual tells: vrrpd finds the virtual router by the MAC and the addresses of a macvlan."""
        self._make_macvlan()
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
            f"link add {MACVLAN} link {INTERFACE} addrgenmode {'random' if one.ipv6 else 'none'} type macvlan mode bridge",
            f"link set {MACVLAN} address {mac}",
            f"address add {one.vip} dev {MACVLAN}{' nodad' if one.ipv6 else ''}",
            f"link set {MACVLAN} up",
        ]
        self.node.run("sysctl", "-qw", "net.ipv4.conf.all.ignore_routes_with_linkdown=1")
        if MACVLAN not in self.node.run("ip", "-o", "link", "show"):
            self.node.run("ip", "-batch", "-", stdin="".join(f"{line}\n" for line in lines))

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
                *([f" no vrrp {one.vrid} checksum-with-ipv4-pseudoheader"] if one.rfc9568_checksum else []),
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
            "--skip_runas",
            "--log",
            "stdout",
            "--log-level",
            "informational",
        )

    @property
    def active(self) -> bool:
        """The macvlan of a Backup is kept down."""
        return "state UP" in self.node.run("ip", "-o", "link", "show", "dev", MACVLAN)

    def await_active(self, seconds: float = 20.0) -> None:
        wait_until(f"vrrpd on {self.node.name} becomes Active", lambda: self.active, seconds)

    def stop(self) -> None:
        """Lets vrrpd say goodbye; zebra goes after it."""
        for process in reversed(self.processes):
            process.terminate()

    def kill(self) -> None:
        """The macvlan stays up behind a killed vrrpd, so it goes as well, as with the host."""
        for process in reversed(self.processes):
            process.kill()
        self.node.run("ip", "link", "delete", MACVLAN)
