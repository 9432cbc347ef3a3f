# SPDX-License-Identifier: Apache-2.0
"""The kernel engine on a pair of nodes in each of its modes, by TCP and UDP, over IPv4 and IPv6: live flows outlive a takeover."""

import os
import resource
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from lab import sockets
from lab.backends import Backends
from lab.control import post
from lab.fault import cable_pulled
from lab.mainstay import Mainstay, Settings
from lab.mainstay_pair import PRIORITIES, MainstayPair
from lab.node import Node, python
from lab.pair import other
from lab.topology import ADDRESSES, BACKENDS, INTERFACE, LOAD_BALANCERS, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

FLOWS_OF_MODE = int(os.environ.get("FLOWS", "80"))
"""Live flows in each mode."""

FLOWS = FLOWS_OF_MODE // 4
"""Of each service, as each mode has one for each transport and family."""

SOURCE_PORTS = f"20000-{20000 + FLOWS * 32 // 5 - 1}"
"""So few for so many flows that some find the first of their choice taken."""

BACKEND_PORT = 9100
NOBODYS_PORT = 20_123
"""Outside of net.ipv4.ip_local_port_range: no flow of the client has it."""
PORTS = {"full_nat": 9001, "nat": 9002, "dsr": 9003}
RELAY_PORT = 9004
"""Of a service of the proxy engine beside them."""
VIPS = {4: "198.18.0.100", 6: "2001:db8::100"}
DSR_VIPS = {4: "198.18.0.110", 6: "2001:db8::110"}
"""Of their own: what leaves from an address that the backends hold themselves would be answered by none."""

BACKEND = """
ip address add {dsr4}/32 dev lo
ip address add {dsr6}/128 dev lo nodad
echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce
ip rule add from {own4} to {client4} lookup 100
ip route add default via {vip4} dev eth0 table 100
ip -6 rule add from {own6} to {client6} lookup 100
ip -6 route add default via {vip6} dev eth0 table 100
"""
"""The answers of mode nat go through the pair, those of mode dsr straight to the client."""

NO_CHECKS = f"""
table inet no_checks {{
    chain arriving {{
        type filter hook input priority 0;
        tcp dport {{ {BACKEND_PORT}, {PORTS["dsr"]} }} drop
    }}
}}
"""


@dataclass(frozen=True)
class Service:
    mode: str
    transport: str
    family: int

    @property
    def name(self) -> str:
        return f"{self.mode}-{self.transport}{self.family}"

    @property
    def vip(self) -> str:
        return (DSR_VIPS if self.mode == "dsr" else VIPS)[self.family]

    def yaml(self, addresses: dict[str, str]) -> str:
        port = PORTS["dsr"] if self.mode == "dsr" else BACKEND_PORT
        backends = "".join(f'      - {{name: {name}, address: "{bracketed(addresses[name])}:{port}"}}\n' for name in BACKENDS)
        return f"""\
  - name: {self.name}
    listen: "{bracketed(self.vip)}:{PORTS[self.mode]}/{self.transport}"
    balance: maglev
    hash: {{key: source_port}}
    engine: kernel
    forwarding: {self.mode}
    health_check: {{type: tcp, interval: 500ms, timeout: 400ms}}
    backends:
{backends}"""


SERVICES = [
    Service(mode, transport, family) for mode in PORTS for transport in ("tcp", "udp") for family in (4, 6)
]


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def ipv6_of(lab: Lab, name: str) -> str:
    return next(a for a in lab[name].addresses() if a.startswith("2001:db8::")).partition("/")[0]


@dataclass(frozen=True)
class Modes(Settings):
    """A node with all of them."""

    ipv6: dict[str, str] = field(default_factory=dict)

    def yaml(self) -> str:
        addresses = ", ".join(f'"{vip}/{24 if family == 4 else 64}"' for vips in (VIPS, DSR_VIPS) for family, vip in vips.items())
        relay = f"""\
  - {{name: relay, listen: "{VIPS[4]}:{RELAY_PORT}", engine: proxy, backends: [{{name: web1, address: "{ADDRESSES["web1"]}:{BACKEND_PORT}"}}]}}
"""
        services = relay + "".join(each.yaml(ADDRESSES if each.family == 4 else self.ipv6) for each in SERVICES)
        return f"""\
node:
  name: {self.name}
virtual_routers:
  - name: web
    interface: eth0
    vrid: 51
    priority: {self.priority}
    advertisement_interval: {self.interval_millis}ms
    addresses: [{addresses}]
    preempt: false
kernel_engine: {{secret: of both, source_ports: {SOURCE_PORTS}}}
services:
{services}"""


@pytest.fixture(scope="module")
def modes() -> Iterator[MainstayPair]:
    """lb1 Active, lb2 Backup, with all services; the tests leave one Active and one Backup."""
    with Lab() as lab:
        ipv6 = {name: ipv6_of(lab, name) for name in (*BACKENDS, "client")}
        for name in BACKENDS:
            start_backend(lab[name], ADDRESSES[name], ipv6[name], ipv6["client"])
        pair = MainstayPair(lab, Backends(lab), interval_millis=100)
        pair.nodes = {
            name: Mainstay(lab[name], Modes(name, PRIORITIES[name], preempt=False, ipv6=ipv6)) for name in LOAD_BALANCERS
        }
        for name, node in pair.nodes.items():
            node.start()
            if name == LOAD_BALANCERS[0]:
                node.await_listening()
        for node in pair.nodes.values():
            await_backends(node)
        yield pair


def start_backend(node: Node, own4: str, own6: str, client6: str) -> None:
    commands = BACKEND.format(
        own4=own4, own6=own6, client4=ADDRESSES["client"], client6=client6, vip4=VIPS[4], vip6=VIPS[6], dsr4=DSR_VIPS[4], dsr6=DSR_VIPS[6]
    )
    node.run("/bin/sh", "-ec", commands)
    places = [own4, BACKEND_PORT, own6, BACKEND_PORT]
    for address in (own4, own6, DSR_VIPS[4], DSR_VIPS[6]):
        places += [address, PORTS["dsr"]]
    node.start("names", *python("lab.load.names", node.name, *map(str, places))).wait_for_output("serves")


def await_backends(node: Mainstay) -> None:
    node.await_answering()
    wait_until(f"{node.name} has all backends", lambda: all_healthy(node), 60)


def all_healthy(node: Mainstay) -> bool:
    services = node.status()["services"]
    return len(services) == 1 + len(SERVICES) and all(
        backend["state"] == "HEALTHY" for service in services for backend in service["backends"]
    )


class Flow:
    """A connection, or a socket that sends datagrams, of the client; the test speaks by it, one question at a time."""

    def __init__(self, client: Node, service: Service, connect: bool = True) -> None:
        self._place = (service.vip, PORTS[service.mode])
        own = ADDRESSES["client"] if service.family == 4 else next(
            a.partition("/")[0] for a in client.addresses() if a.startswith("2001:db8::")
        )
        self._datagrams = service.transport == "udp"
        self._may_change_port = service.transport == "udp" and service.mode == "full_nat"
        with sockets.network_of(client):
            self.socket = socket.socket(
                socket.AF_INET if service.family == 4 else socket.AF_INET6,
                socket.SOCK_DGRAM if self._datagrams else socket.SOCK_STREAM,
            )
            self.socket.settimeout(sockets.PATIENCE_SECONDS)
            self.socket.bind((own, 0))
        if connect:
            self.connect()

    def connect(self) -> None:
        self.socket.connect(self._place)
        self.backend = self.ask()

    def ask(self) -> str:
        """Who answers, and as whom it sees the client."""
        self.send()
        return self.receive()

    def send(self) -> None:
        self.socket.send(b"who\n")

    def receive(self) -> str:
        """The answer; a datagram that was lost is sent again."""
        if not self._datagrams:
            return sockets.receive_line(self.socket)
        self.socket.settimeout(0.2)
        for _ in range(int(sockets.PATIENCE_SECONDS / 0.2)):
            try:
                return self.socket.recv(1000).decode()
            except TimeoutError:
                self.send()
        raise TimeoutError

    def outlived(self) -> bool:
        """Whether what was asked last is answered by the one who answered before, who sees the client as before.

        A datagram of mode full_nat may come from another port: its backend does not say when it is the wrong one.
        """
        try:
            now, before = self.receive().split(), self.backend.split()
        except OSError as error:
            print(f"{self.socket.getsockname()} to {self._place}, {self.backend.strip()}: {error!r}")
            return False
        same = now[:1] == before[:1] if self._may_change_port else now == before
        if not same:
            print(f"{self.socket.getsockname()} to {self._place}: {before} became {now}")
        return same


@pytest.fixture
def flows(modes: MainstayPair) -> Iterator[dict[Service, list[Flow]]]:
    files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
    opened = {service: [Flow(modes.lab["client"], service) for _ in range(FLOWS)] for service in SERVICES}
    yield opened
    for each in opened.values():
        for flow in each:
            flow.socket.close()


def survivors(flows: dict[Service, list[Flow]]) -> dict[str, int]:
    return {service.name: sum(flow.outlived() for flow in each) for service, each in flows.items()}


ALL = {service.name: FLOWS for service in SERVICES}


def send(flows: dict[Service, list[Flow]]) -> None:
    for each in flows.values():
        for flow in each:
            flow.send()


def explained(node: Mainstay, source: str, destination: str) -> dict[str, Any]:
    answer = post(node.socket, "/v1/explain/flow", {"source": source, "destination": destination})
    assert isinstance(answer, dict)
    return answer


def endpoint(address: str, port: int) -> str:
    return f"{bracketed(address)}:{port}"


def test_both_nodes_say_beforehand_where_a_flow_goes(modes: MainstayPair) -> None:
    """First of all: while nothing else is forwarded, counters stand still."""
    active, backup = modes.nodes[modes.active], modes.nodes[other(modes.active)]
    before = active.status()["kernel_events"]
    for service in SERVICES:
        opened = Flow(modes.lab["client"], service, connect=False)
        source = endpoint(*opened.socket.getsockname()[:2])
        destination = endpoint(service.vip, PORTS[service.mode]) + "/" + service.transport
        told = explained(active, source, destination)
        elsewhere = explained(backup, source, destination)
        assert (told["service"], told["mode"], told["verdict"]) == (service.name, service.mode, "forwarded"), told
        assert (told["served"], told["known_flow"]) == (True, ""), told
        # Told only where the way through the table, computed a second time, leads to the backend that the program chose.
        assert any("falls on place" in sentence for sentence in told["sentences"]), told
        assert (elsewhere["active"], elsewhere["served"]) == (False, False), elsewhere
        # The port may differ: each knows which are taken there.
        assert (elsewhere["verdict"], elsewhere["backend"]) == ("forwarded", told["backend"]), elsewhere
        opened.connect()
        backend, address, port = opened.ask().split()
        assert backend == told["backend"], (service.name, told)
        if service.mode == "full_nat":
            assert told["leaves_as"].startswith(endpoint(address, int(port)) + " to "), (service.name, told)
        again = explained(active, source, destination)
        assert again["known_flow"] == "established", (service.name, again)
        assert again["backend"] == backend
        opened.socket.close()
    new = {name: count for name, count in active.status()["kernel_events"].items() if count != before[name]}
    assert set(new) <= {"flow_probed"}, "what was asked has been counted"


def test_every_mode_runs_in_the_kernel_and_shows_the_backend_what_it_should(
    modes: MainstayPair, flows: dict[Service, list[Flow]]
) -> None:
    services = modes.nodes[modes.active].status()["services"]
    assert {service["name"]: service["engine"] for service in services} == dict.fromkeys(ALL, "kernel") | {"relay": "proxy"}
    client = {4: ADDRESSES["client"], 6: ipv6_of(modes.lab, "client")}
    for service, each in flows.items():
        seen = {flow.backend.split()[1] for flow in each}
        assert seen == {VIPS[service.family] if service.mode == "full_nat" else client[service.family]}, service.name
        assert {flow.backend.split()[0] for flow in each} == set(BACKENDS), service.name


def test_all_outlive_a_switchover(modes: MainstayPair, flows: dict[Service, list[Flow]]) -> None:
    active = modes.active
    wait_until("some first choices of port were taken", lambda: events(modes, active, "flow_probed") > 0)
    send(flows)
    modes.switchover()
    modes.await_active(other(active))
    assert survivors(flows) == ALL


def test_a_backend_that_speaks_first_is_heard_through_the_new_active(
    modes: MainstayPair, flows: dict[Service, list[Flow]]
) -> None:
    """In mode full_nat through the former one, which alone knows whom it is for."""
    active = modes.active
    before = events(modes, other(active), "sent_to_former")
    modes.switchover()
    modes.await_active(other(active))
    push(modes)
    assert survivors(connections(flows)) == all_of(connections(flows))
    wait_until("it went that way", lambda: events(modes, other(active), "sent_to_former") - before >= 2 * FLOWS)
    send(flows)
    assert survivors(flows) == ALL


def test_a_backend_that_speaks_first_is_heard_though_the_daemon_of_the_former_active_is_dead(
    modes: MainstayPair, flows: dict[Service, list[Flow]]
) -> None:
    active = modes.active
    modes.kill(active)
    modes.await_active(other(active))
    push(modes)
    assert survivors(connections(flows)) == all_of(connections(flows))
    modes.nodes[active].start()
    modes.await_standby(active)
    await_backends(modes.nodes[active])
    push(modes)
    assert survivors(connections(flows)) == all_of(connections(flows)), "a daemon that starts again knows them still"
    send(flows)
    assert survivors(flows) == ALL


def test_a_backend_that_speaks_first_is_heard_once_its_client_speaks_when_the_machine_of_the_former_active_is_dead(
    modes: MainstayPair, flows: dict[Service, list[Flow]]
) -> None:
    """Nobody else knows whom it speaks to: its segments are lost without a word, and it repeats them."""
    active = modes.active
    with cable_pulled(modes.lab, active):
        modes.await_active(other(active))
        push(modes)
        unknown = {service: each for service, each in connections(flows).items() if service.mode == "full_nat"}
        known = {service: each for service, each in connections(flows).items() if service.mode != "full_nat"}
        assert survivors(known) == all_of(known)
        send(unknown)
        assert survivors(unknown) == all_of(unknown), "what was said before the client spoke"
        assert survivors(unknown) == all_of(unknown), "what it asked then"
    modes.await_standby(active)
    await_backends(modes.nodes[active])


def push(modes: MainstayPair) -> None:
    """Every backend says something to each connection that it has."""
    for name in BACKENDS:
        with sockets.connect(modes.lab[name], ADDRESSES[name], BACKEND_PORT) as control:
            control.sendall(b"push\n")
            sockets.receive_line(control)


def connections(flows: dict[Service, list[Flow]]) -> dict[Service, list[Flow]]:
    """In mode dsr too, where the answers do not come by."""
    return {service: each for service, each in flows.items() if service.transport == "tcp"}


def test_segments_that_still_come_to_the_former_active_are_not_reset(modes: MainstayPair, flows: dict[Service, list[Flow]]) -> None:
    """Whose stack takes in what comes to the address, as it keeps connections of the proxy engine."""
    active, client = modes.active, modes.lab["client"]
    address = VIPS[4]
    mac = modes.lab[active].run("ip", "-brief", "link", "show", "dev", INTERFACE).split()[2]
    late = {service: each for service, each in flows.items() if service.mode != "dsr" and service.family == 4}
    with sockets.connect(client, address, RELAY_PORT) as relayed:
        client.run("ip", "neigh", "replace", address, "lladdr", mac, "dev", INTERFACE, "nud", "permanent")
        try:
            modes.switchover()
            modes.await_active(other(active))
            send(late)
            relayed.sendall(b"who\n")
            assert sockets.receive_line(relayed).split()[0] == "web1", "what was sent before was looked at before"
        finally:
            client.run("ip", "neigh", "delete", address, "dev", INTERFACE)
    assert survivors(late) == all_of(late)


def all_of(flows: dict[Service, list[Flow]]) -> dict[str, int]:
    return {service.name: len(each) for service, each in flows.items()}


def states(node: Mainstay, backend: str) -> set[str]:
    return {each["state"] for service in node.status()["services"] for each in service["backends"] if each["name"] == backend}


def test_datagrams_leave_a_backend_whose_checks_fail(modes: MainstayPair, flows: dict[Service, list[Flow]]) -> None:
    """Those of a client that speaks all along from the same port, and although they would still be answered."""
    failing = BACKENDS[0]
    sessions = [flow for service, each in flows.items() if service.transport == "udp" for flow in each if flow.backend.split()[0] == failing]
    assert sessions
    modes.lab[failing].run("nft", "-f", "-", stdin=NO_CHECKS)
    try:
        wait_until("its checks fail", lambda: states(modes.nodes[modes.active], failing) == {"UNHEALTHY"})
        wait_until("all sessions are elsewhere", lambda: failing not in {flow.ask().split()[0] for flow in sessions})
    finally:
        modes.lab[failing].run("nft", "delete", "table", "inet", "no_checks")
    for node in modes.nodes.values():
        await_backends(node)


def test_the_command_tells_it_in_sentences(modes: MainstayPair) -> None:
    active, backup = modes.nodes[modes.active], modes.nodes[other(modes.active)]
    place = endpoint(VIPS[4], PORTS["full_nat"])
    done = active.attempt("explain", "flow", ADDRESSES["client"], place)
    assert (done.status, done.errors) == (0, "")
    assert "Of new flows from 256 source ports" in done.output, done.output
    shut = backup.attempt("explain", "flow", f"{ADDRESSES['client']}:{NOBODYS_PORT}", place)
    assert shut.status == 1
    assert f"This node is not Active for {VIPS[4]}: its gate is shut" in shut.output, shut.output
    assert "a new one begins, with backend" in shut.output
    nobody = active.attempt("explain", "flow", ADDRESSES["client"], endpoint(VIPS[4], 81))
    assert (nobody.status, nobody.output) == (
        1,
        f"No service of this node has {VIPS[4]}:81/tcp: what arrives is for the network stack of the host.\n",
    )


def events(modes: MainstayPair, name: str, event: str) -> int:
    count = modes.nodes[name].status()["kernel_events"][event]
    assert isinstance(count, int)
    return count


def test_all_outlive_the_death_of_the_daemon_and_its_return(modes: MainstayPair, flows: dict[Service, list[Flow]]) -> None:
    active = modes.active
    send(flows)
    modes.kill(active)
    modes.await_active(other(active))
    assert survivors(flows) == ALL
    modes.nodes[active].start()
    modes.await_standby(active)
    await_backends(modes.nodes[active])
    send(flows)
    modes.switchover()
    modes.await_active(active)
    assert survivors(flows) == ALL, "back to the one that died, which knows them from before"
