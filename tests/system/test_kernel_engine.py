# SPDX-License-Identifier: Apache-2.0
"""Services that the data path in the kernel forwards, on a pair of nodes."""

import re
from collections.abc import Iterator

import pytest

from lab.backends import Backends
from lab.clock import now
from lab.mainstay import SERVICE, Mainstay, one
from lab.mainstay_pair import MainstayPair
from lab.records import Request
from lab.topology import ADDRESSES, BACKENDS, INTERFACE, VIP, Lab
from lab.traffic import Amount, Traffic, flowing
from lab.waiting import wait_until

pytestmark = pytest.mark.patient


def started(lab: Lab, backends: Backends) -> MainstayPair:
    """lb1 Active, lb2 Backup, both with the kernel engine."""
    pair = MainstayPair(lab, backends, interval_millis=100, service_lines="engine: kernel")
    pair.start()
    return pair


@pytest.fixture
def pair(lab: Lab, backends: Backends) -> MainstayPair:
    return started(lab, backends)


@pytest.fixture(scope="module")
def steady_pair() -> Iterator[MainstayPair]:
    """For tests that move no address, and undo what they do to a backend."""
    with Lab() as lab:
        backends = Backends(lab)
        backends.start_all()
        yield started(lab, backends)


@pytest.fixture
def steady_traffic(steady_pair: MainstayPair) -> Iterator[Traffic]:
    with flowing(steady_pair, Amount(download=False)) as traffic:
        yield traffic


@pytest.fixture
def live(pair: MainstayPair) -> Iterator[Traffic]:
    """Two hundred connections that are kept, with two requests a second each, and few new ones."""
    with flowing(pair, Amount(new_per_second=10, kept=200, kept_requests_per_second=2, download=False)) as traffic:
        yield traffic


def test_requests_are_shared_out_and_never_enter_the_daemon(steady_pair: MainstayPair, steady_traffic: Traffic) -> None:
    start = now()
    service = one(steady_pair.nodes["lb1"].status()["services"], SERVICE)
    assert (service["engine"], service["engine_reason"]) == ("kernel", "engine: kernel")
    wait_until("every backend serves", lambda: {r.backend for r in requests(steady_traffic, start)} == set(BACKENDS))
    accepted = steady_pair.lab["lb1"].run("ss", "-Htn", "state", "established", "sport", "=", ":80")
    assert accepted == "", "a connection ends on the node"
    wait_until("connections are counted", lambda: connections(steady_pair, "lb1") > 0)
    wait_until("how long each backend takes is told", lambda: all(has_latency(steady_pair, name) for name in BACKENDS))
    service = one(steady_pair.nodes["lb1"].status()["services"], SERVICE)
    for counter in ("packets_in", "packets_out", "bytes_in", "bytes_out"):
        of_backends = [backend[counter] for backend in service["backends"]]
        assert all(count > 0 for count in of_backends) and sum(of_backends) == service[counter], (counter, service)
    assert service["bytes_in"] >= 40 * service["packets_in"], "each has its headers"
    ports = service["source_ports"]
    assert ports["used"] > 0 and (ports["limit"], ports["source_addresses"]) == (22528, 1)
    assert steady_traffic.figures(start).failed_requests == 0


def test_drained_backend_ends_without_a_reset(steady_pair: MainstayPair, steady_traffic: Traffic) -> None:
    start = now()
    steady_pair.drain("web1", seconds=20)
    assert steady_pair.nodes["lb1"].backend("web1")["connections_active"] == 0
    drained = now()
    seen = steady_traffic.figures(start)
    assert (seen.reset_connections, seen.failed_requests) == (0, 0)
    wait_until("requests go on without it", lambda: len(requests(steady_traffic, drained)) > 50)
    assert {request.backend for request in requests(steady_traffic, drained)} == {"web2", "web3"}
    steady_pair.make_ready("web1")
    wait_until("it serves again", lambda: "web1" in {request.backend for request in requests(steady_traffic, drained)})


def test_drain_resets_the_rest_at_its_deadline(steady_pair: MainstayPair) -> None:
    with flowing(steady_pair, Amount(new_per_second=0, kept=0)) as download:
        backend = wait_until("the download runs", lambda: download.download_backend().strip("-"))
        start = now()
        steady_pair.drain(backend, seconds=1)
        assert now() - start >= 1_000_000_000, "no connection may be reset before the deadline"
        wait_until("the download goes on elsewhere", lambda: download.download_backend() not in ("-", backend))
        seen = download.figures(start)
        assert seen.resets["download"] == 1
        assert seen.download_breaks == ["reset"]
        steady_pair.make_ready(backend)


def test_killed_backend_gets_no_new_connection_once_that_is_known(steady_pair: MainstayPair, steady_traffic: Traffic) -> None:
    steady_pair.backends.kill("web1")
    steady_pair.await_backend("web1", healthy=False)
    known = now()
    wait_until("requests go on", lambda: len(requests(steady_traffic, known)) > 50)
    late = [request for request in requests(steady_traffic, known) if request.connection == "new"]
    assert {request.outcome for request in late} == {"ok"}
    assert {request.backend for request in late} == {"web2", "web3"}
    steady_pair.backends.start("web1")
    steady_pair.await_backend("web1", healthy=True)


def test_live_connections_survive_a_switchover(pair: MainstayPair, live: Traffic) -> None:
    start = now()
    pair.switchover()
    pair.await_active("lb2")
    live.await_flowing()
    assert_survived(live, start)
    wait_until("the new Active counts them", lambda: connections(pair, "lb2") >= 100)


def test_live_connections_survive_the_death_of_the_daemon(pair: MainstayPair, live: Traffic) -> None:
    start = now()
    pair.kill("lb1")
    pair.await_active("lb2")
    live.await_flowing()
    assert_survived(live, start)


def test_live_connections_survive_a_restart_of_the_only_node(pair: MainstayPair, live: Traffic) -> None:
    pair.crash("lb2")
    start = now()
    pair.kill("lb1")
    wait_until("the guard gives the address up", lambda: not pair.nodes["lb1"].holds_address)
    pair.nodes["lb1"].start()
    pair.nodes["lb1"].await_holding()
    live.await_flowing()
    assert live.figures(start).reset_connections == 0


def test_access_list_and_limits_change_under_traffic(steady_pair: MainstayPair, steady_traffic: Traffic) -> None:
    start = now()
    others = ", ".join(f"10.{n >> 8}.{n & 255}.0/24" for n in range(2000))
    reload(steady_pair, f"access: {{deny: [{others}]}}")
    long_list = now()
    wait_until("requests go on", lambda: len(new_requests(steady_traffic, long_list)) > 20)
    assert {request.outcome for request in new_requests(steady_traffic, start)} == {"ok"}

    reload(steady_pair, f"access: {{allow: [198.18.0.0/24], deny: [{others}, {ADDRESSES['client']}]}}")
    denied = now()
    wait_until("clients are turned away", lambda: refused(steady_pair, "denied") > 5)
    assert "ok" not in {request.outcome for request in new_requests(steady_traffic, denied)}

    reload(steady_pair, "limits: {connections: 1}")
    wait_until("who was there before the limit is counted", lambda: refused(steady_pair, "service_full") > 5)
    assert one(steady_pair.nodes["lb1"].status()["services"], SERVICE)["engine"] == "kernel"
    asked = steady_pair.nodes["lb1"].attempt("explain", "flow", "198.18.0.77:40000", f"{VIP}:80")
    assert asked.status == 1
    assert re.search(r"refused: the service has \d+ of 1 connections", asked.output), asked.output

    reload(steady_pair, "")
    free = now()
    wait_until("everybody may come", lambda: len(new_requests(steady_traffic, free)) > 20)
    assert {request.outcome for request in new_requests(steady_traffic, free)} == {"ok"}
    kept = {request.outcome for request in requests(steady_traffic, start) if request.connection == "kept"}
    assert kept <= {"ok", "connect refused"}, "who is in stays in; the load ends some of its connections and makes others"
    assert steady_traffic.figures(start).resets["kept"] == 0


@pytest.mark.parametrize("how", [("filter", "delete", "dev", INTERFACE, "ingress"), ("qdisc", "delete", "dev", INTERFACE, "clsact")], ids=["filter", "clsact"])
def test_filters_that_somebody_deletes_are_put_back_and_told_of(steady_pair: MainstayPair, how: tuple[str, ...]) -> None:
    """That of the data path and that of the detour; clients of a moment without it are the proxy engine's."""
    node = steady_pair.nodes["lb1"]
    before = len(node.events())
    node.node.run("tc", *how)
    both = {"mainstay_ingress", "mainstay_detour"}
    wait_until("both are there again", lambda: both <= ingress_filters(node))

    def told() -> list[str]:
        return [event["sentence"] for event in node.events()[before:] if event["kind"] in ("kernel_engine", "detour")]

    wait_until("both are told of", lambda: len(told()) == 2)
    assert {sentence.partition(" had taken the ")[2] for sentence in told()} == {
        f"filter of {whose} off {INTERFACE} (tc filter, or its clsact); it is on again" for whose in ("Mainstay", "the detour")
    }


REFUSES = f"""
ip link add refusing type veth peer name nobody
tc qdisc add dev refusing clsact
tc filter add dev refusing ingress protocol ip prio 1 u32 match u32 0 0
ip link set nobody up
ip link set refusing up
ip route add {ADDRESSES["web3"]}/32 dev refusing
"""
"""Has a tc filter of somebody else in the place of Mainstay's, and, since just now, the way to a backend that is drained."""


def test_an_interface_that_refuses_leaves_all_to_the_proxy_engine_until_it_does_not(
    steady_pair: MainstayPair, steady_traffic: Traffic
) -> None:
    node = steady_pair.nodes["lb1"]
    steady_pair.drain("web3", seconds=20)
    start = now()
    node.node.run("/bin/sh", "-ec", REFUSES)
    try:
        wait_until("the proxy engine serves", lambda: engine(node)[0] == "proxy")
        assert "attach to refusing" in engine(node)[1] and "another tc filter of priority 1?" in engine(node)[1], engine(node)
        served = now()
        wait_until("clients are served", lambda: len(new_requests(steady_traffic, served)) > 20)
        node.node.run("tc", "filter", "delete", "dev", "refusing", "ingress")
        wait_until("the kernel engine serves again", lambda: engine(node) == ("kernel", "engine: kernel"))
    finally:
        node.node.run("ip", "link", "delete", "refusing")
        steady_pair.make_ready("web3")
    restored = now()
    wait_until("requests go on", lambda: len(new_requests(steady_traffic, restored)) > 20)
    seen = steady_traffic.figures(start)
    assert (seen.reset_connections, seen.failed_requests) == (0, 0), seen.failures


def engine(node: Mainstay) -> tuple[str, str]:
    service = one(node.status()["services"], SERVICE)
    return service["engine"], service["engine_reason"]


def ingress_filters(node: Mainstay) -> set[str]:
    """By the names of their programs, of which the kernel keeps fifteen characters."""
    shown = node.node.run("tc", "filter", "show", "dev", INTERFACE, "ingress")
    return {name for name in ("mainstay_ingress", "mainstay_detour") if name[:15] in shown}


def reload(pair: MainstayPair, lines: str) -> None:
    for node in pair.nodes.values():
        node.configure(service_lines=f"engine: kernel\n{lines}")
        node.config.write_text(node.settings.yaml())
        assert node.command("reload")["result"] == "APPLIED"


def refused(pair: MainstayPair, reason: str) -> int:
    count = one(pair.nodes["lb1"].status()["services"], SERVICE)["refused"][reason]
    assert isinstance(count, int)
    return count


def new_requests(traffic: Traffic, since: int) -> list[Request]:
    return [request for request in requests(traffic, since) if request.connection == "new"]


def assert_survived(live: Traffic, start: int) -> None:
    """Two hundred connections; answers that were under way too."""
    seen = live.figures(start)
    assert (seen.reset_connections, seen.failed_requests) == (0, 0), seen.failures


def connections(pair: MainstayPair, name: str) -> int:
    count = one(pair.nodes[name].status()["services"], SERVICE)["connections_active"]
    assert isinstance(count, int)
    return count


def has_latency(pair: MainstayPair, backend: str) -> bool:
    latency = pair.nodes["lb1"].backend(backend)["latency"]
    return latency is not None and all(
        each is not None and each["count"] > 0 and 0 < each["p50_ms"] <= each["p99_ms"] for each in latency.values()
    )


def requests(traffic: Traffic, since: int) -> list[Request]:
    return [r for r in traffic.records() if isinstance(r, Request) and r.started >= since]
