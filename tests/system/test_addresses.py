# SPDX-License-Identifier: Apache-2.0
"""Addresses stay where they belong while interfaces are renamed, flap, and are made anew."""

import pytest

from lab import fault
from lab.backends import Backends
from lab.clock import now
from lab.mainstay import Mainstay, Settings
from lab.mainstay_pair import start_in_order
from lab.topology import ADDRESSES, INTERFACE, PREFIX_LENGTH, VIP, Lab
from lab.traffic import Traffic
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

PRIORITIES = {"lb1": 250, "lb2": 245}
PREEMPT_DELAY_SECONDS = 1.5


@pytest.fixture
def nodes(lab: Lab, backends: Backends) -> dict[str, Mainstay]:
    """lb1 is Active, and takes the address back a while after it has lost it."""
    del backends
    pair = {
        name: Mainstay(
            lab[name], Settings(name, priority, router_lines=f"preempt_delay: {PREEMPT_DELAY_SECONDS}s")
        )
        for name, priority in PRIORITIES.items()
    }
    start_in_order(pair["lb1"], pair["lb2"])
    return pair


def holders(lab: Lab) -> list[str]:
    """Every interface of every node that has the virtual address."""
    found = []
    for name in PRIORITIES:
        shown = lab[name].run("ip", "-br", "address", "show")
        found += [f"{name} {line.split()[0].partition('@')[0]}" for line in shown.splitlines() if f"{VIP}/" in line]
    return found


def test_a_renamed_interface_loses_the_address_and_gets_it_back_with_its_name(
    lab: Lab, nodes: dict[str, Mainstay]
) -> None:
    if lab["lb1"].attempt("ip", "link", "set", INTERFACE, "name", "lan0").returncode != 0:
        pytest.skip("this kernel renames no interface that is up")
    wait_until("lb2 alone has it", lambda: holders(lab) == [f"lb2 {INTERFACE}"])
    nodes["lb1"].await_state("FAULT")
    began = now()
    lab["lb1"].run("ip", "link", "set", "lan0", "name", INTERFACE)
    wait_until("lb1 alone has it", lambda: holders(lab) == [f"lb1 {INTERFACE}"])
    assert now() - began >= PREEMPT_DELAY_SECONDS * 1e9, "the preempt delay"
    assert all(node.daemon.running for node in nodes.values())


def test_an_interface_that_flaps_ends_with_one_holder(lab: Lab, nodes: dict[str, Mainstay], traffic: Traffic) -> None:
    for _ in range(10):
        lab["lb1"].run("ip", "link", "set", INTERFACE, "down")
        lab["lb1"].run("ip", "link", "set", INTERFACE, "up")
        fault.pull_cable(lab, "lb1")
        fault.plug_cable(lab, "lb1")
    wait_until("lb1 alone has it", lambda: holders(lab) == [f"lb1 {INTERFACE}"])
    traffic.await_flowing()
    nodes["lb1"].await_state("ACTIVE")
    nodes["lb2"].await_state("BACKUP")


def test_an_interface_that_is_deleted_and_made_anew_is_used_again(lab: Lab, nodes: dict[str, Mainstay]) -> None:
    node = lab["lb1"]
    node.run("ip", "link", "delete", INTERFACE)
    wait_until("lb2 alone has it", lambda: holders(lab) == [f"lb2 {INTERFACE}"])
    nodes["lb1"].await_state("FAULT")
    lab.switch.run("ip", "link", "add", "lb1", "type", "veth", "peer", "name", INTERFACE, "netns", str(node.pid))
    lab.switch.run("ip", "link", "set", "lb1", "master", "br0", "up")
    node.run("ip", "address", "add", f"{ADDRESSES['lb1']}/{PREFIX_LENGTH}", "dev", INTERFACE)
    node.run("ip", "link", "set", INTERFACE, "up")
    wait_until("lb1 alone has it", lambda: holders(lab) == [f"lb1 {INTERFACE}"])


def test_addresses_flushed_again_and_again_are_put_back(lab: Lab, nodes: dict[str, Mainstay]) -> None:
    """As systemd-networkd does at a reload: it takes off what is not in its files."""
    transitions = nodes["lb1"].router()["transitions"]
    for _ in range(5):
        lab["lb1"].run("ip", "address", "delete", f"{VIP}/{PREFIX_LENGTH}", "dev", INTERFACE)
        wait_until("it is back", lambda: holders(lab) == [f"lb1 {INTERFACE}"])
    assert nodes["lb1"].router()["transitions"] == transitions, "it stayed Active"
    sentences = [event["sentence"] for event in nodes["lb1"].events()]
    assert any("removed by somebody else" in sentence for sentence in sentences), sentences
