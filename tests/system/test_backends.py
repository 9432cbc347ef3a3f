# SPDX-License-Identifier: Apache-2.0
"""Backends that are drained, die, hang and return, under traffic."""

import json
from collections.abc import Iterator

import pytest

from lab import fault
from lab.clock import now
from lab.load.http import REQUEST_TIMEOUT_SECONDS
from lab.mainstay import SERVICE
from lab.mainstay_pair import MainstayPair
from lab.node import python
from lab.records import Request
from lab.topology import ADDRESSES, BACKENDS
from lab.traffic import Traffic, flowing
from lab.waiting import wait_until

pytestmark = pytest.mark.patient


@pytest.fixture
def pair(steady_pair: MainstayPair) -> MainstayPair:
    """That of the module: what a test does to a backend it undoes; the one that moves the address comes last."""
    return steady_pair


@pytest.fixture
def download(pair: MainstayPair) -> Iterator[Traffic]:
    """Requests and a long download, flowing."""
    with flowing(pair) as traffic:
        yield traffic


def test_drained_backend_ends_without_a_reset(pair: MainstayPair, traffic: Traffic) -> None:
    start = now()
    pair.drain("web1", seconds=20)
    assert pair.nodes["lb1"].backend("web1")["connections_active"] == 0
    drained = now()
    seen = traffic.figures(start)
    assert (seen.reset_connections, seen.failed_requests, seen.outage.lost_probes) == (0, 0, 0)
    wait_until("requests go on without it", lambda: len(requests(traffic, drained)) > 50)
    assert {request.backend for request in requests(traffic, drained)} == {"web2", "web3"}
    pair.make_ready("web1")
    wait_until("it serves again", lambda: "web1" in {request.backend for request in requests(traffic, drained)})


def test_drain_resets_the_rest_at_its_deadline(pair: MainstayPair, download: Traffic) -> None:
    backend = wait_until("the download runs", lambda: download.download_backend().strip("-"))
    start = now()
    pair.drain(backend, seconds=1)
    assert now() - start >= 1_000_000_000, "no connection may be reset before the deadline"
    download.await_flowing()
    seen = download.figures(start)
    assert seen.resets["download"] == 1
    assert seen.download_breaks == ["reset"]
    assert download.download_backend() != backend
    pair.make_ready(backend)


def test_drain_answers_with_the_state_and_the_counts(pair: MainstayPair) -> None:
    outcome = pair.nodes["lb1"].command("backend", "drain", "web1", "--wait", "--timeout", "5s")
    text = json.dumps(outcome)
    assert "web1" in text and "DRAINING" in text
    assert pair.nodes["lb1"].backend("web1")["state"] == "DRAINING"
    assert pair.nodes["lb2"].backend("web1")["state"] == "HEALTHY", "a drain is a matter of one node"
    pair.nodes["lb1"].command("backend", "ready", "web1")


def test_drained_service_tells_how_far_it_has_come_and_can_be_called_back(
    pair: MainstayPair, download: Traffic
) -> None:
    node = pair.nodes["lb1"]
    backend = wait_until("the download runs", lambda: download.download_backend().strip("-"))
    outcome = node.command("service", "drain", SERVICE, "--timeout", "1h")
    assert (outcome["state"], outcome["finished"]) == ("DRAINING", False)
    progress = wait_until("somebody has looked", lambda: node.backend(backend)["drain"])
    wait_until("the oldest connection is known", lambda: node.backend(backend)["drain"]["oldest_since"])
    assert progress["connections_at_start"] >= 1
    assert progress["expected_end"] > progress["oldest_since"] if progress["oldest_since"] else True
    text = node.attempt("service", "show", SERVICE).output
    assert "connections left" in text or "connection left" in text, text
    assert "the oldest" in text and "expected" in text, text
    refused = now()
    wait_until("new connections are refused", lambda: any(r.outcome != "ok" for r in new(download, refused)))
    assert download.download_backend().strip("-") == backend, "the download goes on"
    assert node.command("service", "ready", SERVICE)["state"] == "SERVING"
    ready = now()
    wait_until("new connections are served", lambda: sum(r.outcome == "ok" for r in new(download, ready)) > 20)
    seen = download.figures(refused)
    assert "download" not in seen.resets, "a drain that is called back resets nothing"


def test_unknown_backend_is_refused(pair: MainstayPair) -> None:
    attempt = pair.nodes["lb1"].attempt("backend", "drain", "web9")
    assert attempt.status == 1
    assert "web9" in attempt.errors


def test_killed_backend_fails_no_new_connection_but_those_inside_it(pair: MainstayPair, traffic: Traffic) -> None:
    start = now()
    pair.backends.kill("web1")
    killed = now()
    pair.await_backend("web1", healthy=False)
    traffic.await_flowing()
    traffic.figures(start)
    late = [request for request in requests(traffic, killed) if request.connection == "new" and request.outcome != "ok"]
    assert late == []
    pair.backends.start("web1")
    pair.await_backend("web1", healthy=True)


def test_backend_that_accepts_and_never_answers_is_taken_out(pair: MainstayPair, traffic: Traffic) -> None:
    pair.backends.restart("web1", "--mute")
    pair.await_backend("web1", healthy=False)
    known = now()
    wait_until("requests go on", lambda: len(requests(traffic, known)) > 50)
    served = [r for r in requests(traffic, known) if r.connection == "new"]
    assert {request.outcome for request in served} == {"ok"}
    assert {request.backend for request in served} == {"web2", "web3"}
    assert pair.active == "lb1"
    pair.backends.restart("web1")
    pair.await_backend("web1", healthy=True)


def test_unreachable_backend_costs_no_more_than_its_connect_timeout(pair: MainstayPair, traffic: Traffic) -> None:
    """Its packets vanish, so that only time tells; connections go elsewhere after timeouts.connect."""
    start = now()
    fault.pull_cable(pair.lab, "web1")
    pair.await_backend("web1", healthy=False)
    traffic.await_flowing()
    traffic.figures(start)
    failed = [r for r in requests(traffic, start) if r.connection == "new" and r.outcome != "ok"]
    inside = [r for r in failed if r.outcome == "timeout" and r.ended - r.started >= REQUEST_TIMEOUT_SECONDS * 0.9e9]
    assert failed == inside, "only requests that were inside the backend already may fail"
    fault.plug_cable(pair.lab, "web1")
    pair.await_backend("web1", healthy=True)


def test_without_a_backend_connections_end_and_the_address_stays(pair: MainstayPair, traffic: Traffic) -> None:
    start = now()
    for backend in BACKENDS:
        pair.backends.kill(backend)
    for backend in BACKENDS:
        pair.await_backend(backend, healthy=False)
    alone = now()
    wait_until("new connections fail", lambda: len(requests(traffic, alone)) > 20)
    for backend in BACKENDS:
        pair.backends.start(backend)
    for backend in BACKENDS:
        pair.await_backend(backend, healthy=True)
    traffic.await_flowing()
    assert traffic.figures(start).outage.lost_probes == 0
    assert pair.active == "lb1"


def test_drained_node_hands_over_and_empties_its_own_services(pair: MainstayPair, traffic: Traffic) -> None:
    node = pair.nodes["lb1"]
    own = f"""\
  - name: own
    listen: {ADDRESSES["lb1"]}:81
    health_check: {{interval: 200ms, timeout: 190ms}}
    backends: [{{name: web1, address: "{ADDRESSES["web1"]}:8080"}}]
"""
    node.config.write_text(node.config.read_text() + own)
    node.command("reload")
    held = pair.lab["client"].start("hold", *python("lab.load.ask", ADDRESSES["lb1"], "81", "hold"))
    wait_until("it is connected", lambda: held.output().split() == ["web1"])
    outcome = node.command("drain-node", "--wait", "--timeout", "500ms", timeout=60)
    assert [router["result"] for router in outcome["virtual_routers"]] == ["HANDED_OVER"]
    assert [(s["service"], s["state"], s["connections_reset"]) for s in outcome["services"]] == [("own", "DRAINING", 1)]
    assert outcome["finished"]
    wait_until("it has ended", lambda: held.output().split() == ["web1", "reset"])
    assert pair.active == "lb2"
    traffic.await_flowing()
    # Once the last connection that lives on here has ended, or its time is up. It can serve if lb2 fails.
    wait_until("it stands by", lambda: node.command("service", "show", SERVICE)["state"] == "STANDBY")
    assert [s["state"] for s in node.command("ready-node")["services"]] == ["SERVING"]


def new(traffic: Traffic, since: int) -> list[Request]:
    return [r for r in requests(traffic, since) if r.connection == "new"]


def requests(traffic: Traffic, since: int) -> list[Request]:
    return [r for r in traffic.records() if isinstance(r, Request) and r.started >= since]
