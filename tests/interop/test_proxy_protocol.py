# SPDX-License-Identifier: Apache-2.0
"""PROXY headers between Mainstay and HAProxy, both ways: client, HAProxy on lb2, Mainstay on lb1, HAProxy on web1.

HAProxy on web1 answers requests behind a header only, those of the health checks too.
"""

from collections.abc import Iterator

import pytest

from lab.control import NotReachable
from lab.mainstay import Mainstay, Settings
from lab.node import Node
from lab.topology import ADDRESSES, Lab
from lab.waiting import wait_until

VERSIONS = {"v1": "send-proxy", "v2": "send-proxy-v2 proxy-v2-options crc32c"}

SERVER = """
defaults
    timeout connect 3s
    timeout client 30s
    timeout server 30s
frontend who
    mode http
    bind 198.18.0.11:8080 accept-proxy
    bind [2001:db8::4]:8080 accept-proxy
    http-request return status 200 content-type text/plain lf-string "%[src] %[dst]"
"""


@pytest.fixture(scope="module")
def chain() -> Iterator[Lab]:
    with Lab() as lab:
        web1 = lab["web1"]
        start_haproxy(web1, SERVER.replace("2001:db8::4", ipv6(web1)))
        start_haproxy(lab["lb2"], front(lab))
        mainstay = Mainstay(lab["lb1"], Settings("lb1", 100))
        mainstay.start(configuration(lab))
        wait_until("Mainstay sees its backends", lambda: all_healthy(mainstay))
        yield lab


def ipv6(node: Node) -> str:
    return next(a for a in node.addresses() if a.startswith("2001:db8::")).partition("/")[0]


def start_haproxy(node: Node, configuration: str) -> None:
    path = node.directory / "haproxy.cfg"
    path.write_text(configuration)
    node.start("haproxy", "haproxy", "-db", "-f", str(path))


def front(lab: Lab) -> str:
    """Port 1001 and 1002 of lb2 lead to the same port of Mainstay, over IPv4 and IPv6, with the header of that version."""
    text = "defaults\n    mode tcp\n    timeout connect 3s\n    timeout client 30s\n    timeout server 30s\n"
    for port, options in enumerate(VERSIONS.values(), 1001):
        text += f"listen v4-{port}\n    bind {ADDRESSES['lb2']}:{port}\n    server m {ADDRESSES['lb1']}:{port} {options}\n"
        lb2, lb1 = ipv6(lab["lb2"]), ipv6(lab["lb1"])
        text += f"listen v6-{port}\n    bind [{lb2}]:{port}\n    server m [{lb1}]:{port} {options}\n"
    return text


def configuration(lab: Lab) -> str:
    """Whatever comes in, what goes out has the other version."""
    lb2 = f'{ADDRESSES["lb2"]}, "{ipv6(lab["lb2"])}"'
    services = "".join(
        f"""\
  - name: to-{send}
    listen: ["{ADDRESSES["lb1"]}:{port}", "[{ipv6(lab["lb1"])}]:{port}"]
    proxy_protocol: {{accept_from: [{lb2}], send: {send}}}
    health_check: {{type: http, interval: 500ms, timeout: 400ms}}
    backends: [{{address: "{ADDRESSES["web1"]}:8080"}}]
"""
        for port, send in ((1001, "v2"), (1002, "v1"))
    )
    return f"services:\n{services}"


def all_healthy(mainstay: Mainstay) -> bool:
    try:
        services = mainstay.status()["services"]
    except NotReachable:
        return False
    return all(b["state"] == "HEALTHY" for s in services for b in s["backends"])


def ask(lab: Lab, url: str) -> str:
    return lab["client"].run("curl", "--silent", "--show-error", "--max-time", "10", url)


@pytest.mark.parametrize("port", [1001, 1002])
def test_server_sees_the_client_through_both(chain: Lab, port: int) -> None:
    seen = ask(chain, f"http://{ADDRESSES['lb2']}:{port}/")
    assert seen.split() == [ADDRESSES["client"], ADDRESSES["lb2"]]


@pytest.mark.parametrize("port", [1001, 1002])
def test_server_sees_the_client_of_ipv6_through_both(chain: Lab, port: int) -> None:
    seen = ask(chain, f"http://[{ipv6(chain['lb2'])}]:{port}/")
    assert seen.split() == [ipv6(chain["client"]), ipv6(chain["lb2"])]


@pytest.mark.parametrize("port", [1001, 1002])
def test_server_sees_who_comes_directly(chain: Lab, port: int) -> None:
    seen = ask(chain, f"http://{ADDRESSES['lb1']}:{port}/")
    assert seen.split() == [ADDRESSES["client"], ADDRESSES["lb1"]]


def test_a_header_from_elsewhere_is_not_believed(chain: Lab) -> None:
    url = f"http://{ADDRESSES['lb1']}:1001/"
    forged = chain["client"].attempt("curl", "--silent", "--haproxy-protocol", "--include", "--max-time", "10", url)
    assert " 400 " in forged.stdout, "what a stranger sends, header or not, is for the backend"
