# SPDX-License-Identifier: Apache-2.0
"""A configuration that changes under traffic."""

import signal

import pytest

from lab.clock import now
from lab.mainstay import SERVICE, Mainstay
from lab.mainstay_pair import MainstayPair
from lab.records import Request
from lab.traffic import Traffic
from lab.waiting import wait_until

pytestmark = pytest.mark.patient


def write(node: Mainstay, old: str, new: str) -> None:
    text = node.config.read_text()
    assert old in text
    node.config.write_text(text.replace(old, new))


def backends_of_new_connections(traffic: Traffic, since: int) -> set[str]:
    return {
        record.backend
        for record in traffic.records()
        if isinstance(record, Request) and record.connection == "new" and record.started >= since
    }


@pytest.fixture
def node(pair: MainstayPair) -> Mainstay:
    return pair.nodes["lb1"]


def test_reload_takes_a_backend_out_and_back_without_a_reset(node: Mainstay, traffic: Traffic) -> None:
    start = now()
    line = next(line for line in node.config.read_text().splitlines(keepends=True) if "name: web2" in line)
    write(node, line, "")
    assert node.command("config", "diff", str(node.config))["changes"][0]["path"] == f"services[{SERVICE}].backends[web2]"
    assert node.command("reload")["result"] == "APPLIED"
    reloaded = now()
    wait_until("requests go on", lambda: len(backends_of_new_connections(traffic, reloaded)) == 2)
    assert "web2" not in backends_of_new_connections(traffic, reloaded)
    first = next(line for line in node.config.read_text().splitlines(keepends=True) if "name: web1" in line)
    write(node, first, first + line)
    node.daemon.signal(signal.SIGHUP)
    node.await_backends()
    back = now()
    wait_until("web2 serves again", lambda: "web2" in backends_of_new_connections(traffic, back))
    seen = traffic.figures(start)
    assert (seen.reset_connections, seen.failed_requests, seen.outage.lost_probes) == (0, 0, 0)
    assert [event["kind"] for event in node.events()].count("config_reloaded") == 2


def test_bad_file_changes_nothing_and_names_every_mistake(node: Mainstay, traffic: Traffic) -> None:
    start = now()
    before = node.status()
    write(node, "balance: round_robin", "balance: roundrobin")
    write(node, "timeouts: {connect: 1s}", "timeouts: {connect: soon}")
    attempt = node.attempt("reload")
    assert attempt.status == 3
    assert "roundrobin" in attempt.errors and "soon" in attempt.errors and "2 mistakes" in attempt.errors
    node.daemon.signal(signal.SIGHUP)
    wait_until(
        "the signal is refused too",
        lambda: [event["kind"] for event in node.events()].count("config_reload_refused") == 2,
    )
    assert node.status()["config_hash"] == before["config_hash"]
    assert node.holds_address
    traffic.await_flowing()
    assert traffic.figures(start).failed_requests == 0


def test_change_of_a_virtual_router_is_refused_with_the_key(node: Mainstay) -> None:
    write(node, "advertisement_interval: 100ms", "advertisement_interval: 200ms")
    write(node, "timeouts: {connect: 1s}", "timeouts: {connect: 2s}")
    attempt = node.attempt("reload")
    assert attempt.status == 1
    assert "virtual_routers[web].advertisement_interval: 100ms -> 200ms" in attempt.errors
    assert node.command("config", "show")["services"][0]["timeouts"]["connect"] == "1s"


def test_service_is_added_and_removed(pair: MainstayPair, node: Mainstay, traffic: Traffic) -> None:
    start = now()
    extra = """\
  - name: extra
    listen: 198.18.0.100:8000/tcp
    drain_timeout: 1s
    backends: [{name: web1, address: "198.18.0.11:8080"}]
"""
    node.config.write_text(node.config.read_text() + extra)
    assert node.command("reload")["result"] == "APPLIED"
    client = pair.lab["client"]
    wait_until(
        "the new service answers",
        lambda: client.attempt("/usr/bin/python3", "-c", CONNECT).returncode == 0,
    )
    node.config.write_text(node.config.read_text().replace(extra, ""))
    assert node.command("reload")["result"] == "APPLIED"
    wait_until(
        "the service is gone",
        lambda: [service["name"] for service in node.status()["services"]] == [SERVICE],
    )
    assert client.attempt("/usr/bin/python3", "-c", CONNECT).returncode != 0
    seen = traffic.figures(start)
    assert (seen.reset_connections, seen.failed_requests) == (0, 0)


CONNECT = """\
import socket
with socket.create_connection(("198.18.0.100", 8000), 5) as connection:
    connection.sendall(b"GET /health HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
    assert connection.recv(100).startswith(b"HTTP/1.1 200"), "no answer"
"""
