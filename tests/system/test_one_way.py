# SPDX-License-Identifier: Apache-2.0
"""Links that carry packets in one direction only, and nodes that are cut off: at the end one node serves, and it is defined which."""

from lab import fault
from lab.backends import Backends
from lab.mainstay import Mainstay, Settings
from lab.mainstay_pair import MainstayPair
from lab.topology import Lab
from lab.traffic import Traffic
from lab.waiting import wait_until

VRRP = "ip protocol 112"


def await_only(pair: MainstayPair, name: str) -> None:
    wait_until(
        f"{name} alone holds the address",
        lambda: [each for each in pair.nodes if pair.holds_address(each)] == [name],
    )


def test_an_active_that_hears_and_is_not_heard_gives_way(pair: MainstayPair, traffic: Traffic) -> None:
    fault.drop_from(pair.lab, "lb1", VRRP)
    pair.await_active("lb2")
    await_only(pair, "lb2")
    assert any(event["kind"] == "unheard" for event in pair.nodes["lb1"].events())
    fault.heal(pair.lab)
    traffic.await_flowing()
    pair.nodes["lb1"].await_state("BACKUP")
    await_only(pair, "lb2")


def test_a_backup_that_is_deaf_takes_the_address_and_keeps_it(pair: MainstayPair) -> None:
    """The higher priority of lb1 does not help it: lb2 does not hear it, and it hears lb2."""
    fault.drop_towards(pair.lab, "lb2", VRRP)
    pair.await_active("lb2")
    await_only(pair, "lb2")
    fault.heal(pair.lab)
    pair.nodes["lb1"].await_state("BACKUP")
    await_only(pair, "lb2")


def test_an_active_that_is_heard_and_hears_nothing_goes_on(pair: MainstayPair) -> None:
    transitions = pair.nodes["lb2"].router()["transitions"]
    fault.drop_towards(pair.lab, "lb1", VRRP)
    sent = pair.nodes["lb1"].router()["advertisements_sent"]
    wait_until("it has advertised", lambda: pair.nodes["lb1"].router()["advertisements_sent"] > sent + 30)
    await_only(pair, "lb1")
    assert pair.nodes["lb2"].router()["transitions"] == transitions
    fault.heal(pair.lab)


def test_a_node_that_no_neighbour_answers_gives_the_address_up(lab: Lab, backends: Backends) -> None:
    """Behind a dead switch an Active has its carrier, and knows by its neighbours that it is cut off."""
    del backends
    others = {"lb1": "198.18.0.2", "lb2": "198.18.0.1"}
    nodes = {
        name: Mainstay(
            lab[name],
            Settings(
                name,
                250 if name == "lb1" else 245,
                router_lines=f"track: {{neighbours: [{{name: uplink, interface: eth0, interval: 200ms,"
                f" addresses: [198.18.0.50, {other}]}}]}}",
            ),
        )
        for name, other in others.items()
    }
    for node in nodes.values():
        node.start()
    nodes["lb1"].await_state("ACTIVE")
    nodes["lb2"].await_state("BACKUP")
    fault.isolate_port(lab, "lb1")
    nodes["lb2"].await_holding()
    nodes["lb1"].await_not_holding()
    nodes["lb1"].await_state("FAULT")
    assert "none of [198.18.0.50, 198.18.0.2] answers" in nodes["lb1"].router()["reason"]
    # A gateway that is gone is no reason as long as the peer is there.
    fault.join_port(lab, "lb1")
    nodes["lb1"].await_state("ACTIVE")
    fault.isolate_port(lab, "client")
    transitions = nodes["lb1"].router()["transitions"]
    sent = nodes["lb1"].router()["advertisements_sent"]
    wait_until("it has gone on", lambda: nodes["lb1"].router()["advertisements_sent"] > sent + 20)
    assert nodes["lb1"].router()["transitions"] == transitions
    fault.join_port(lab, "client")
