# SPDX-License-Identifier: Apache-2.0
"""Links that carry advertisements in one direction only: in the end one node serves, and it is defined which."""

from lab import fault
from lab.mainstay_pair import MainstayPair
from lab.traffic import Traffic
from lab.waiting import wait_until

VRRP = "ip protocol 112"


def await_only(pair: MainstayPair, name: str) -> None:
    wait_until(
        f"{name} alone holds the address",
        lambda: [each for each in pair.nodes if pair.holds_address(each)] == [name],
    )


def await_heard(pair: MainstayPair, name: str, advertisements: int) -> None:
    """So many more advertisements arrive at the node."""
    received = pair.nodes[name].router()["advertisements_received"]
    wait_until(
        f"{name} hears {advertisements} more",
        lambda: pair.nodes[name].router()["advertisements_received"] >= received + advertisements,
    )


def test_an_active_that_hears_nothing_goes_on_and_one_that_is_not_heard_gives_way(pair: MainstayPair, traffic: Traffic) -> None:
    lb1, lb2 = pair.nodes["lb1"], pair.nodes["lb2"]
    transitions = lb2.router()["transitions"]
    fault.drop_towards(pair.lab, "lb1", VRRP)
    await_heard(pair, "lb2", 30)
    await_only(pair, "lb1")
    assert lb2.router()["transitions"] == transitions
    fault.heal(pair.lab)

    fault.drop_from(pair.lab, "lb1", VRRP)
    pair.await_active("lb2")
    await_only(pair, "lb2")
    assert "does not hear this node" in lb1.router()["reason"]
    # Clients find it before the link is mended, although lb1 had announced the address last.
    traffic.await_flowing()
    fault.heal(pair.lab)
    transitions = lb2.router()["transitions"]
    await_heard(pair, "lb1", 30)
    await_only(pair, "lb2")
    assert lb2.router()["transitions"] == transitions

    # The same when not a frame comes from lb1, as behind half a broken fibre.
    lb2.command("switchover", "--wait")
    await_only(pair, "lb1")
    fault.drop_from(pair.lab, "lb1", "")
    pair.await_active("lb2")
    traffic.await_flowing()
    await_only(pair, "lb2")
