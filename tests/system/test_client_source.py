# SPDX-License-Identifier: Apache-2.0
"""Backends that see the client, with the two ways of bringing their answers back that docs/traffic.md describes."""

import json
from collections.abc import Iterator

import pytest

from lab.backends import Backends
from lab.mainstay import Mainstay, Settings
from lab.topology import ADDRESSES, VIP, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

TABLE = ("local", "default", "dev", "lo", "table", "100")

BY_PORT = """
ip rule add iif eth0 ipproto tcp sport 8080 lookup 100
"""

BY_SOCKET = """
ip rule add fwmark 1 lookup 100
nft add table inet mainstay
nft add chain inet mainstay divert '{ type filter hook prerouting priority mangle; }'
nft add rule inet mainstay divert meta l4proto tcp socket transparent 1 meta mark set 1 accept
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        Backends(lab).start_all()
        lab["web1"].run("ip", "route", "add", f"{ADDRESSES['client']}/32", "via", ADDRESSES["lb1"])
        lab["lb1"].run("ip", "route", "add", *TABLE)
        mainstay = Mainstay(
            lab["lb1"],
            Settings("lb1", 250, service_lines="tcp: {source: client}\nrecords: {keep: all}", backends=("web1",)),
        )
        mainstay.start()
        mainstay.await_ready("ACTIVE")
        yield lab


@pytest.mark.parametrize("rules", [BY_PORT, BY_SOCKET], ids=["by-port", "by-socket"])
def test_backend_sees_the_client(lab: Lab, rules: str) -> None:
    lb1 = lab["lb1"]
    lb1.run("/bin/sh", "-ec", rules)
    try:
        seen = lab["client"].run("curl", "--silent", "--show-error", "--max-time", "10", f"http://{VIP}/peer")
        assert seen == ADDRESSES["client"]
    finally:
        lb1.attempt("nft", "delete", "table", "inet", "mainstay")
        lb1.run("/bin/sh", "-c", rules.splitlines()[1].replace(" add ", " del ", 1))


def test_without_a_way_back_the_client_gets_no_answer(lab: Lab) -> None:
    """That the two above are needed, and do it."""
    tried = lab["client"].attempt("curl", "--silent", "--max-time", "2", f"http://{VIP}/peer")
    assert tried.returncode != 0


def test_connections_leave_records(lab: Lab) -> None:
    """Those of the tests before: of the client that was served, and of the one that gave up."""
    path = lab["lb1"].directory / "state" / "connections.jsonl"

    def states() -> dict[str, dict[str, object]]:
        lines = path.read_text().splitlines() if path.exists() else []
        return {record["state"]: record for record in map(json.loads, lines)}

    wait_until("there are two kinds of them", lambda: len(states()) >= 2)
    served = states()["--"]
    assert str(served["client"]).startswith(ADDRESSES["client"] + ":")
    assert (served["service"], served["backend"], served["attempts"]) == ("http", "web1", 1)
    assert int(str(served["bytes_in"])) > 0
    assert int(str(served["bytes_out"])) > len("HTTP/1.1 200 OK")
