# SPDX-License-Identifier: Apache-2.0
"""A virtual router with a MAC address of its own: neighbours need not learn another, and the switch looks in one place."""

import json
from typing import Any

import pytest

from lab import fault
from lab.backends import Backends
from lab.capture import Capture
from lab.clock import now
from lab.mainstay import SERVICE, Mainstay, one
from lab.mainstay_pair import MainstayPair
from lab.pair import other
from lab.topology import INTERFACE, VIP, Lab
from lab.traffic import Amount, Traffic, flowing
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

MAC, MAC6 = "00:00:5e:00:01:33", "00:00:5e:00:02:33"
VIRTUAL, VIRTUAL6 = "vrrp4-51", "vrrp6-51"
VIP6 = "2001:db8::100"
MORE_ADDRESSES = ("fe80::100/64", f"{VIP6}/64")


@pytest.fixture
def pair(lab: Lab, backends: Backends) -> MainstayPair:
    """Both families; the client keeps the virtual MAC addresses, whatever it hears."""
    pair = MainstayPair(lab, backends, 100, router_lines="virtual_mac: true", more_addresses=MORE_ADDRESSES)
    lab["client"].run("ip", "neigh", "replace", VIP, "lladdr", MAC, "dev", INTERFACE, "nud", "permanent")
    lab["client"].run("ip", "neigh", "replace", VIP6, "lladdr", MAC6, "dev", INTERFACE, "nud", "permanent")
    pair.start()
    return pair


def links(lab: Lab, name: str) -> dict[str, dict[str, Any]]:
    shown = json.loads(lab[name].run("ip", "-json", "-details", "address", "show"))
    return {link["ifname"]: link for link in shown if "ifname" in link}


def held(lab: Lab, name: str, interface: str) -> list[str]:
    return [address["local"] for address in links(lab, name)[interface]["addr_info"]]


def sent(wire: Capture, macs: tuple[str, ...], since: int) -> set[str]:
    """From which ports frames with these MAC addresses came."""
    sources = {bytes.fromhex(mac.replace(":", "")) for mac in macs}
    return {frame.port for frame in wire.frames() if frame.at >= since and frame.octets[6:12] in sources}


def reach(lab: Lab, address: str = VIP) -> bool:
    return lab["client"].attempt("ping", "-c", "1", "-W", "1", address).returncode == 0


def settings(lab: Lab, name: str) -> list[str]:
    paths = [f"/proc/sys/net/ipv4/conf/{INTERFACE}/{key}" for key in ("arp_ignore", "arp_announce")]
    return lab[name].run("cat", *paths).split()


def test_the_neighbours_entry_stays_right_when_the_addresses_move(
    wire: Capture, lab: Lab, pair: MainstayPair, traffic: Traffic
) -> None:
    assert held(lab, "lb1", VIRTUAL) == [VIP]
    assert set(held(lab, "lb1", VIRTUAL6)) == {"fe80::100", VIP6}
    assert VIP not in held(lab, "lb1", INTERFACE)
    backup = links(lab, "lb2")[VIRTUAL]
    assert (backup["address"], backup["addr_info"]) == (MAC, []) and "UP" not in backup["flags"]
    assert pair.nodes["lb1"].router()["virtual_macs"] == [f"{MAC} on {VIRTUAL}", f"{MAC6} on {VIRTUAL6}"]
    assert f"virtual MAC {MAC} on {VIRTUAL}" in pair.nodes["lb1"].attempt("status").output
    start = now()
    pair.switchover()
    pair.await_active("lb2")
    figures = traffic.figures(start)
    assert figures.outage.lost_probes == 0, figures
    wait_until("it is reached over IPv6", lambda: reach(lab, VIP6))
    # From the first announcement of the new Active on, the old one sends nothing with the virtual MAC.
    taken = wire.announcements(VIP, "lb2", start)[0][0]
    served = now()
    pair.kill("lb2")
    pair.await_active("lb1")
    wait_until("it is reached again", lambda: reach(lab) and reach(lab, VIP6))
    assert sent(wire, (MAC, MAC6), taken + 20_000_000) <= {"lb1", "lb2"}
    frames = [frame for frame in wire.frames() if taken + 20_000_000 <= frame.at < served]
    assert {frame.port for frame in frames if frame.octets[6:12].hex(":") in (MAC, MAC6)} == {"lb2"}
    # The interfaces of the killed daemon are down and empty.
    for name in (VIRTUAL, VIRTUAL6):
        wait_until(f"{name} of lb2 is down", lambda name=name: "UP" not in links(lab, "lb2")[name]["flags"])
        assert held(lab, "lb2", name) == []


def test_what_the_wire_shows(wire: Capture, lab: Lab, pair: MainstayPair) -> None:
    first = pair.nodes["lb1"]
    start = now()
    pair.switchover()
    pair.await_active("lb2")
    announced = wait_until("it is announced", lambda: wire.announcements(VIP, "lb2", start))
    assert announced is not None
    assert {arp.sender_mac for _, arp in announced} == {MAC}
    told = wait_until("it is announced over IPv6", lambda: wire.neighbour_adverts(VIP6, "lb2", start))
    assert told is not None
    assert {advert.mac for _, advert in told} == {MAC6}
    wire.await_advert("it advertises with its MAC", lambda advert: advert.mac == MAC, "lb2", start)
    wire.await_advert("and over IPv6", lambda advert: advert.mac == MAC6, "lb2", start)
    # All but those of the takeover itself, which precede the announcement.
    since = announced[0][0]
    adverts = [advert for _, advert in wire.adverts("lb2", since)]
    assert {advert.mac for advert in adverts} <= {MAC, MAC6}
    assert all(advert.checksum_form != "wrong" and advert.ttl == 255 for advert in adverts)
    # Who asks hears of the virtual MAC alone, and nothing else is answered for with it.
    asked = now()
    lab["client"].run("ip", "neigh", "del", VIP, "dev", INTERFACE)
    lab["client"].run("ip", "neigh", "flush", "dev", INTERFACE)
    assert reach(lab) and reach(lab, "198.18.0.2")
    entries = {line.split()[0]: line for line in lab["client"].run("ip", "neigh", "show").splitlines()}
    assert MAC in entries[VIP] and lab.mac("lb2") in entries["198.18.0.2"]
    answers = [arp for _, arp in wire.arps(since=asked) if arp.operation == 2]
    assert {arp.sender_mac for arp in answers if arp.sender == VIP} == {MAC}
    assert {arp.sender_mac for arp in answers if arp.sender == "198.18.0.2"} <= {lab.mac("lb2")}
    # The node asks its neighbours in its own name when it answers from the virtual address.
    lab["lb2"].run("ip", "neigh", "flush", "dev", INTERFACE)
    assert reach(lab)
    assert VIP not in {arp.sender for _, arp in wire.arps("lb2", asked) if arp.operation == 1 and not arp.gratuitous}
    assert first.router()["state"] == "BACKUP"


def test_leftovers_go_and_settings_come_back(lab: Lab, pair: MainstayPair) -> None:
    second = pair.nodes["lb2"]
    assert settings(lab, "lb1") == ["1", "2"]
    pair.crash("lb1")
    pair.await_active("lb2")
    assert VIRTUAL in links(lab, "lb1"), "nobody was left to remove it"
    pair.restart("lb1")
    assert any(event["kind"] == "stale-interface" for event in pair.nodes["lb1"].events())
    assert held(lab, "lb1", VIRTUAL) == []
    for name in ("lb1", "lb2"):
        pair.nodes[name].daemon.terminate()
        assert VIRTUAL not in links(lab, name) and VIRTUAL6 not in links(lab, name)
        assert settings(lab, name) == ["0", "0"]
    assert not second.daemon.running


def test_what_others_do_to_the_interface_is_mended(lab: Lab, pair: MainstayPair) -> None:
    node = lab["lb1"]
    node.run("ip", "link", "delete", VIRTUAL)
    wait_until("it is made again", lambda: VIRTUAL in links(lab, "lb1") and held(lab, "lb1", VIRTUAL) == [VIP])
    wait_until("and answers", lambda: reach(lab))
    node.run("ip", "link", "set", VIRTUAL, "down")
    wait_until("it is up again", lambda: reach(lab))
    node.run("ip", "link", "set", VIRTUAL6, "down")
    wait_until("the other one too", lambda: reach(lab, VIP6))
    node.run("ip", "address", "del", f"{VIP}/24", "dev", VIRTUAL)
    wait_until("the address is back", lambda: held(lab, "lb1", VIRTUAL) == [VIP] and reach(lab))
    node.run("ip", "address", "add", f"{VIP}/24", "dev", INTERFACE)
    wait_until("it is on one interface alone", lambda: VIP not in held(lab, "lb1", INTERFACE))
    lab["lb2"].run("ip", "link", "set", VIRTUAL, "up")
    wait_until("the Backup's is down again", lambda: "UP" not in links(lab, "lb2")[VIRTUAL]["flags"])
    fault.pull_cable(lab, "lb1")
    pair.await_active("lb2")
    fault.plug_cable(lab, "lb1")
    pair.await_standby("lb1")
    assert reach(lab) and reach(lab, VIP6)
    pair.switchover()
    pair.await_active("lb1")
    if node.attempt("ip", "link", "set", INTERFACE, "name", "lan0").returncode == 0:
        pair.await_active("lb2")
        wait_until("the renamed one bears nothing", lambda: VIRTUAL not in links(lab, "lb1"))
        node.run("ip", "link", "set", "lan0", "name", INTERFACE)
        pair.await_standby("lb1")
        assert VIRTUAL in links(lab, "lb1")


def test_an_interface_of_somebody_else_is_left_alone(lab: Lab, pair: MainstayPair) -> None:
    first: Mainstay = pair.nodes["lb1"]
    first.daemon.terminate()
    lab["lb1"].run("ip", "link", "add", "name", VIRTUAL, "type", "veth", "peer", "name", "peer0")
    first.start()
    first.await_state("FAULT")
    reason = first.router()["reason"]
    assert VIRTUAL in reason and "not made by Mainstay" in reason and "virtual_mac_prefix" in reason
    lab["lb1"].run("ip", "link", "delete", VIRTUAL)
    first.await_state("BACKUP")


def test_the_kernel_engine_forwards_what_comes_to_the_virtual_mac(lab: Lab, backends: Backends) -> None:
    """Kept connections, so that one that ended in the daemon would be seen there."""
    kept = 50
    pair = MainstayPair(lab, backends, 100, service_lines="engine: kernel", router_lines="virtual_mac: true")
    pair.start()
    lab["client"].run("ip", "neigh", "replace", VIP, "lladdr", MAC, "dev", INTERFACE, "nud", "permanent")
    amount = Amount(new_per_second=20, kept=kept, kept_requests_per_second=2, download=False)
    with flowing(pair, amount) as traffic:
        start = now()
        for _ in range(2):
            active = pair.active
            wait_until("the data path has them", lambda active=active: live_flows(pair, active) >= kept)
            node = lab[active].run("ss", "-Htn", "state", "connected", "sport", "=", ":80")
            assert node == "", "connections end on the node"
            assert lab["client"].run("ip", "neigh", "show", VIP).split()[4] == MAC
            pair.switchover()
            pair.await_active(other(active))
            traffic.await_flowing()
        seen = traffic.figures(start)
        assert seen.reset_connections == 0, seen
        assert seen.failed_requests <= kept // 10, "answers that were under way while their clients were silent"


def live_flows(pair: MainstayPair, name: str) -> int:
    """Those that the kernel engine has; packets are counted by it alone."""
    service = one(pair.nodes[name].status()["services"], SERVICE)
    assert service["engine"] == "kernel", service
    return int(service["connections_active"]) if service["packets_in"] else 0
