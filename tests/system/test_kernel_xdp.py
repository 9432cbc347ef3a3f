# SPDX-License-Identifier: Apache-2.0
"""The kernel engine with XDP in the driver, on one node: live connections through its death, its return, and without XDP again."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from lab import sockets
from lab.links import as_on_a_wire, taking_frames_of_xdp
from lab.mainstay import Mainstay, Settings
from lab.node import Node, python
from lab.topology import ADDRESSES, INTERFACE, VIP, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

BACKENDS = ("web1", "web2")
DSR_VIP = "198.18.0.110"
PLACES = {"full_nat": (VIP, 9001), "dsr": (DSR_VIP, 9003)}
FLOWS = 5
QUESTIONS = 20
HELD_BY_THE_BACKEND = f"""
ip address add {DSR_VIP}/32 dev lo
echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce
"""


class Fast(Settings):
    """Two services, of modes full_nat and dsr."""

    xdp = "native"

    def yaml(self) -> str:
        services = ""
        for mode, (vip, port) in PLACES.items():
            backends = "".join(f"      - {{name: {name}, address: {ADDRESSES[name]}:{port}}}\n" for name in BACKENDS)
            services += f"""\
  - name: {mode}
    listen: {vip}:{port}
    balance: maglev
    hash: {{key: source_port}}
    engine: kernel
    forwarding: {mode}
    health_check: {{type: tcp, interval: 500ms, timeout: 400ms}}
    backends:
{backends}"""
        return f"""\
node: {{name: {self.name}}}
virtual_routers:
  - name: web
    interface: {INTERFACE}
    vrid: 51
    priority: {self.priority}
    advertisement_interval: {self.interval_millis}ms
    addresses: [{VIP}/24, {DSR_VIP}/24]
kernel_engine: {{secret: of one, xdp: {self.xdp}}}
services:
{services}"""


class FastWithoutXdp(Fast):
    xdp = "never"


@pytest.fixture
def balancer() -> Iterator[tuple[Mainstay, Node]]:
    """And a client, on links that are as wires are, as the program on XDP sees what is in a frame alone."""
    with Lab(("lb1", "client", *BACKENDS)) as lab, taking_frames_of_xdp(lab.switch, "lb1"):
        for name in ("client", *BACKENDS):
            as_on_a_wire(lab[name], INTERFACE)
        for name in BACKENDS:
            lab[name].run("/bin/sh", "-ec", HELD_BY_THE_BACKEND)
            own = ADDRESSES[name]
            places = [own, str(PLACES["full_nat"][1]), own, str(PLACES["dsr"][1]), DSR_VIP, str(PLACES["dsr"][1])]
            lab[name].start("names", *python("lab.load.names", name, *places)).wait_for_output("serves")
        node = Mainstay(lab["lb1"], Fast("lb1", 250))
        start(node)
        yield node, lab["client"]


def start(node: Mainstay) -> None:
    node.start()
    node.await_holding()
    wait_until("all backends are healthy", lambda: is_healthy(node.status()), 60)


def is_healthy(status: dict[str, Any]) -> bool:
    return all(backend["state"] == "HEALTHY" for service in status["services"] for backend in service["backends"])


def forwarded_by_xdp(node: Mainstay) -> int:
    count = node.status()["kernel_events"]["fast_path"]
    assert isinstance(count, int)
    return count


def ask(flow: socket.socket) -> str:
    flow.sendall(b"who\n")
    return sockets.receive_line(flow)


def xdp_program(node: Mainstay) -> str:
    """The number of the program that is on the interface; empty: none."""
    _, _, rest = node.node.run("ip", "-details", "link", "show", "dev", INTERFACE).partition("prog/xdp id ")
    return rest.partition(" ")[0]


def test_connections_go_by_xdp_and_live_through_the_death_of_the_daemon_and_the_end_of_xdp(
    balancer: tuple[Mainstay, Node],
) -> None:
    node, client = balancer
    assert node.status()["kernel_interfaces"] == {INTERFACE: "tc and XDP"}
    assert f"kernel engine on {INTERFACE}: tc and XDP" in node.attempt("service", "show", "dsr").output
    flows = [sockets.connect(client, *place) for place in PLACES.values() for _ in range(FLOWS)]
    answers = [ask(flow) for flow in flows]
    assert {answer.split()[0] for answer in answers} == set(BACKENDS)
    before = forwarded_by_xdp(node)
    for _ in range(QUESTIONS):
        assert [ask(flow) for flow in flows] == answers
    # Of each question the client's segment in both modes, and in full_nat the answer. One a second, neighbour and processor goes
    # by tc, which on a machine that is very busy are many.
    packets = QUESTIONS * FLOWS * 3
    wait_until("they were forwarded by XDP", lambda: forwarded_by_xdp(node) - before > packets // 2)
    attached = xdp_program(node)
    assert attached

    node.daemon.kill_daemon()
    wait_until("the guard gives the address up", lambda: not node.holds_address)
    assert [ask(flow) for flow in flows] == answers, "nobody is there, and packets are forwarded"
    start(node)
    assert xdp_program(node) == attached, "the interface was not touched"
    before = forwarded_by_xdp(node)
    assert [ask(flow) for flow in flows] == answers
    wait_until("still by XDP", lambda: forwarded_by_xdp(node) > before)

    node.daemon.terminate()
    node.settings = FastWithoutXdp("lb1", 250)
    start(node)
    assert xdp_program(node) == ""
    assert node.status()["kernel_interfaces"] == {INTERFACE: "tc: kernel_engine.xdp is never"}
    assert [ask(flow) for flow in flows] == answers
    for flow in flows:
        flow.close()
