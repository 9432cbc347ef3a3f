# SPDX-License-Identifier: Apache-2.0
"""Connections of the relay live through a planned switchover: on the node that has them, by way of the one that took over."""

import signal
import socket
from collections.abc import Iterator

import pytest

from lab import sockets
from lab.backends import Backends
from lab.capture import Capture
from lab.clock import now
from lab.mainstay_pair import MainstayPair
from lab.pair import other
from lab.topology import ADDRESSES, INTERFACE, VIP, Lab
from lab.traffic import Amount, Traffic
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

VIP6 = "2001:db8::100"
DRAIN_SECONDS = 6


@pytest.fixture
def pair(lab: Lab, backends: Backends) -> MainstayPair:
    pair = MainstayPair(lab, backends, 100, router_lines=f"drain_timeout: {DRAIN_SECONDS}s")
    pair.start()
    return pair


@pytest.fixture
def traffic(lab: Lab, pair: MainstayPair) -> Iterator[Traffic]:
    """Requests on new and on kept connections, and a long download."""
    traffic = Traffic(lab["client"], Amount())
    traffic.start()
    traffic.await_flowing()
    yield traffic


def rules(lab: Lab, name: str) -> str:
    return lab[name].run("ip", "rule", "show") + lab[name].run("ip", "-6", "rule", "show")


def told(pair: MainstayPair, name: str, kind: str) -> list[str]:
    return [event["sentence"] for event in pair.nodes[name].events() if event["kind"] == kind]


def test_connections_live_through_a_switchover_until_they_end_or_their_time_is_up(
    wire: Capture, lab: Lab, pair: MainstayPair, traffic: Traffic
) -> None:
    before = rules(lab, "lb1")
    wait_until("the download runs", lambda: traffic.download_backend().strip("-"))
    start = now()
    said = pair.nodes["lb1"].attempt("switchover", "--wait")
    assert said.status == 0 and "connections live on here for up to 6 s" in said.output, said.output
    pair.await_standby("lb1")
    released, received = now(), traffic.downloaded_bytes()
    wait_until("it is told", lambda: told(pair, "lb1", "draining"))
    # Whoever asks now where the address is hears of the new Active alone.
    lab["client"].run("ip", "neigh", "del", VIP, "dev", INTERFACE)
    traffic.await_flowing()
    assert "live on here for up to" in pair.nodes["lb1"].attempt("status").output
    wait_until("the download goes on", lambda: traffic.downloaded_bytes() > received)
    seen = traffic.figures(start)
    assert (seen.outage.lost_probes, seen.failed_requests, seen.reset_connections) == (0, 0, 0), seen.failures
    assert seen.download_breaks == []
    assert [arp for _, arp in wire.arps("lb1", since=released) if arp.sender == VIP] == [], "the address is lb2's alone"

    wait_until("their time is up", lambda: told(pair, "lb1", "drained"), 20)
    assert "connections that lived on here after the hand-over reset: their time was up" in told(pair, "lb1", "drained")[0]
    traffic.await_flowing()
    rest = traffic.figures(start)
    # The client ends its kept connections by itself after a while; the download would have gone on. It does so by way of lb2.
    assert (rest.failed_requests, dict(rest.resets), rest.download_breaks) == (0, {"download": 1}, ["reset"])
    assert rules(lab, "lb1") == before


def await_followed(pair: MainstayPair, active: str) -> None:
    """The Backup has heard of the Active, as whoever runs for longer than an interval."""
    backup = pair.nodes[other(active)]
    wait_until("the Active is heard", lambda: backup.router()["active_address"] == ADDRESSES[active])


def answered(client: socket.socket) -> bool:
    client.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n")
    return client.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_stop_waits_for_the_last_connection_and_a_second_signal_for_none(lab: Lab, pair: MainstayPair) -> None:
    first, second = pair.nodes["lb1"].daemon, pair.nodes["lb2"].daemon
    with sockets.connect(lab["client"], VIP, 80) as client:
        assert answered(client)
        await_followed(pair, "lb1")
        first.signal(signal.SIGTERM)
        pair.await_active("lb2")
        pair.nodes["lb1"].await_not_holding()
        assert answered(client), "by way of the new Active"
        assert first.running
    assert first.exit_status() == 0

    pair.restart("lb1")
    with sockets.connect(lab["client"], VIP, 80) as client:
        assert answered(client)
        await_followed(pair, "lb2")
        start = now()
        second.signal(signal.SIGTERM)
        pair.await_active("lb1")
        pair.nodes["lb2"].await_not_holding()
        assert answered(client)
        second.signal(signal.SIGTERM)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        assert second.exit_status() == 0
        assert now() - start < DRAIN_SECONDS * 1_000_000_000


def ended(client: socket.socket) -> bool:
    """By whatever the kernel of a node says whose daemon was killed, or the other node, which knows nothing of it."""
    try:
        client.sendall(b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n")
        return client.recv(1) == b""
    except (ConnectionResetError, BrokenPipeError):
        return True


def test_one_switchover_after_the_other_and_the_death_of_either_node_with_virtual_macs(lab: Lab, backends: Backends) -> None:
    pair = MainstayPair(
        lab, backends, 100, router_lines="virtual_mac: true\ndrain_timeout: 1m", more_addresses=("fe80::100/64", f"{VIP6}/64")
    )
    for node in pair.nodes.values():
        node.configure(more_listeners=(f"[{VIP6}]:80",))
    pair.start()

    def connections() -> list[socket.socket]:
        return [sockets.connect(lab["client"], address, 80) for address in (VIP, VIP6)]

    def hand_over(to: str) -> None:
        pair.switchover()
        pair.await_active(to)
        pair.await_standby(other(to))

    await_followed(pair, "lb1")
    first = connections()
    assert all(map(answered, first))
    hand_over("lb2")
    second = connections()
    assert all(map(answered, first + second))
    hand_over("lb1")
    assert all(map(answered, first + second)), "those of both nodes, each by way of the other"
    hand_over("lb2")
    assert all(map(answered, first + second))

    pair.kill("lb2")
    pair.await_active("lb1")
    assert all(map(answered, first)), "its own again"
    assert all(map(ended, second)), "they died with the new Active"
    pair.restart("lb2")
    await_followed(pair, "lb1")
    hand_over("lb2")
    assert all(map(answered, first))
    pair.kill("lb1")
    assert all(map(ended, first)), "they died with the old one"
    assert all(map(answered, connections()))
