# SPDX-License-Identifier: Apache-2.0
"""The lab itself: isolated, and gone with its first process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab import fault
from lab.capture import Capture
from lab.inject import inject
from lab.packets import Advert, ip_datagram, multicast_frame, vrrp_message
from lab.topology import ADDRESSES, VIP, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient


def reaches(lab: Lab, source: str, target: str) -> bool:
    return lab[source].attempt("ping", "-c", "1", "-W", "1", ADDRESSES[target]).returncode == 0


def test_every_node_reaches_every_other(lab: Lab) -> None:
    assert all(reaches(lab, "client", name) for name in lab.nodes)


def test_node_has_a_name_and_a_network_of_its_own(lab: Lab) -> None:
    assert lab["lb1"].run("hostname").strip() == "lb1"
    assert len({Path(f"/proc/{node.pid}/ns/net").readlink() for node in lab.nodes.values()}) == len(lab.nodes)


def test_pulled_cable_takes_the_carrier_away(lab: Lab) -> None:
    with fault.cable_pulled(lab, "lb1"):
        assert "NO-CARRIER" in lab["lb1"].run("ip", "link", "show", "eth0")
        assert not reaches(lab, "client", "lb1")
    wait_until("lb1 is back", lambda: reaches(lab, "client", "lb1"))


def test_isolated_port_leaves_the_carrier(lab: Lab) -> None:
    fault.isolate_port(lab, "lb1")
    assert "LOWER_UP" in lab["lb1"].run("ip", "link", "show", "eth0")
    assert not reaches(lab, "client", "lb1")


@pytest.mark.parametrize("drop", [fault.drop_from, fault.drop_towards])
def test_drops_go_one_way(lab: Lab, wire: Capture, drop: object) -> None:
    assert callable(drop)
    drop(lab, "lb1", "ip protocol 112")
    advert = multicast_frame(lab.mac("lb1"), ip_datagram(ADDRESSES["lb1"], vrrp_message(7, 100, (VIP,))))
    inject(lab["lb1"], [advert])
    # It entered the switch either way; what the drop stops is what comes after.
    _, seen = wire.await_advert("the advert of lb1 at the switch", lambda advert: advert.vrid == 7, port="lb1")
    assert seen == Advert(ADDRESSES["lb1"], 3, 7, 100, 10, (VIP,), 255, "rfc9568")
    rule = lab.switch.run("nft", "list", "table", "bridge", fault.TABLE)
    assert ("packets 0" not in rule) == (drop is fault.drop_from)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_nothing_survives_the_first_process(number: signal.Signals) -> None:
    marker = f"mainstay-lab-test-{os.getpid()}-{number}"
    script = f"exec -a {marker} sleep 1000"
    lab = subprocess.Popen([sys.executable, "-m", "lab.enter", "bash", "-c", script])
    wait_until("the inner process runs", lambda: running(marker))
    lab.send_signal(number)
    lab.wait(timeout=10)
    wait_until("nothing is left of it", lambda: not running(marker))


def running(marker: str) -> bool:
    def line(process: Path) -> bytes:
        try:
            return (process / "cmdline").read_bytes()
        except OSError:
            return b""

    return any(line(process).startswith(marker.encode()) for process in Path("/proc").glob("[0-9]*"))
