# SPDX-License-Identifier: Apache-2.0
"""TLS that is passed through to the backend that the client asks for: openssl as the servers and the client."""

from collections.abc import Iterator

import pytest

from lab.control import NotReachable
from lab.mainstay import Mainstay, Settings, one
from lab.topology import ADDRESSES, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

ENTRY = f"{ADDRESSES['lb1']}:443"

CONFIGURATION = f"""
services:
  - name: door
    listen: {ENTRY}
    routing:
      routes:
        - {{server_names: "*.example.org", alpn: h2, service: two}}
        - {{server_names: [www.example.org], service: three}}
        - {{server_names: [one.example.net], service: door}}
      otherwise: refuse
    backends: [{{address: "{ADDRESSES["web1"]}:443"}}]
  - name: two
    backends: [{{address: "{ADDRESSES["web2"]}:443"}}]
  - name: three
    backends: [{{address: "{ADDRESSES["web3"]}:443"}}]
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


@pytest.fixture(scope="module")
def mainstay(lab: Lab) -> Mainstay:
    for name in ("web1", "web2", "web3"):
        node = lab[name]
        key, certificate = str(node.directory / "key.pem"), str(node.directory / "certificate.pem")
        node.run(
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", key, "-out", certificate, "-subj", f"/CN={name}"),
        )
        node.start("openssl", "openssl", "s_server", "-accept", "443", "-key", key, "-cert", certificate, "-www")
    mainstay = Mainstay(lab["lb1"], Settings("lb1", 100))
    mainstay.start(CONFIGURATION)

    def healthy() -> bool:
        try:
            services = mainstay.status()["services"]
        except NotReachable:
            return False
        return all(backend["state"] == "HEALTHY" for service in services for backend in service["backends"])

    wait_until("every backend is healthy", healthy)
    return mainstay


def server_for(lab: Lab, *options: str) -> str:
    """The subject of the certificate that a client with these options of s_client gets."""
    output = lab["client"].attempt("timeout", "10", "openssl", "s_client", "-connect", ENTRY, *options).stdout
    return next((line.rpartition("=")[2].strip() for line in output.splitlines() if line.startswith("subject")), "none")


@pytest.mark.parametrize(
    ("options", "server"),
    [
        (("-servername", "WWW.example.org", "-alpn", "h2,http/1.1"), "web2"),
        (("-servername", "www.example.org", "-alpn", "http/1.1"), "web3"),
        (("-servername", "one.example.net", "-tls1_2"), "web1"),
        (("-servername", "two.example.net"), "none"),
        (("-noservername",), "none"),
    ],
)
@pytest.mark.usefixtures("mainstay")
def test_client_gets_the_server_that_it_asks_for(lab: Lab, options: tuple[str, ...], server: str) -> None:
    assert server_for(lab, *options) == server


def test_what_has_no_route_is_counted(lab: Lab, mainstay: Mainstay) -> None:
    before = int(one(mainstay.status()["services"], "door")["refused"].get("no_route", 0))
    assert server_for(lab, "-servername", "nobody.example.net") == "none"
    wait_until(
        "it is counted",
        lambda: int(one(mainstay.status()["services"], "door")["refused"].get("no_route", 0)) > before,
    )
