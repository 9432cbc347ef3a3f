# SPDX-License-Identifier: Apache-2.0
"""Faults of the Active, as clients and the wire see them. One test for each of these steps of the demo, and more."""


from lab import fault, sockets
from lab.backends import Backends
from lab.capture import Capture
from lab.clock import now
from lab.mainstay import Mainstay, Settings
from lab.mainstay_pair import MainstayPair
from lab.packets import Advert
from lab.topology import VIP, Lab
from lab.traffic import Amount, Traffic
from lab.waiting import wait_until

FROZEN_NANOS = 10_000_000_000
QUIET_NANOS = 2_000_000_000


def pass_time(nanos: int) -> None:
    start = now()
    wait_until("that much time has passed", lambda: now() - start >= nanos, seconds=nanos / 1e9 + 10)


def active(advert: Advert) -> bool:
    return advert.priority > 0


def resignation(advert: Advert) -> bool:
    return advert.priority == 0


def test_planned_switchover_loses_no_probe(pair: MainstayPair, traffic: Traffic, wire: Capture) -> None:
    start = now()
    pair.switchover()
    assert pair.active == "lb2"
    pair.await_standby("lb1")
    traffic.await_flowing()
    seen = traffic.figures(start)
    assert seen.outage.lost_probes == 0
    assert [outcome for outcome in seen.failures if outcome.startswith("connect")] == []
    wire.await_advert("an advert of lb2", active, port="lb2", since=start)


def test_switchover_on_the_backup_is_refused(pair: MainstayPair) -> None:
    attempt = pair.nodes["lb2"].attempt("switchover", "--wait")
    assert attempt.status == 1
    assert attempt.errors.strip()
    assert pair.active == "lb1"


def test_switchover_without_a_peer_fails_and_goes_on_serving(pair: MainstayPair, traffic: Traffic) -> None:
    pair.kill("lb2")
    start = now()
    attempt = pair.nodes["lb1"].attempt("switchover", "--wait", "--timeout", "2s")
    assert attempt.status == 1
    assert pair.active == "lb1"
    assert pair.nodes["lb1"].router()["state"] == "ACTIVE"
    assert traffic.figures(start).outage.lost_probes == 0


def test_killed_active_is_replaced_and_comes_back_as_backup(pair: MainstayPair, traffic: Traffic) -> None:
    pair.kill("lb1")
    assert not pair.holds_address("lb1"), "the guard removes the address of a killed daemon"
    pair.await_active("lb2")
    traffic.await_flowing()
    pair.restart("lb1")
    assert pair.active == "lb2"
    traffic.await_flowing()


def test_active_killed_with_its_guard_is_replaced_after_three_intervals(pair: MainstayPair, traffic: Traffic) -> None:
    start = now()
    pair.crash("lb1")
    pair.await_active("lb2")
    traffic.await_flowing()
    assert pair.holds_address("lb1"), "nobody is left to remove it"
    pair.restart("lb1")
    assert pair.active == "lb2"
    traffic.await_flowing()
    assert traffic.figures(start).without_service_millis > 0, "a dead node must be seen by the measuring"


def test_the_address_under_another_prefix_length_goes_and_the_right_one_stays(pair: MainstayPair, traffic: Traffic) -> None:
    """As a person or a keepalived on the same host adds it: it would answer on beside the next Active."""
    node = pair.lab["lb1"]

    def standing() -> list[str]:
        return [address for address in node.addresses() if address.startswith(f"{VIP}/")]

    began = now()
    node.run("ip", "address", "add", f"{VIP}/32", "dev", "eth0")
    wait_until("it is gone", lambda: standing() == [f"{VIP}/24"])
    traffic.await_flowing()
    assert traffic.figures(began).outage.lost_probes == 0
    pair.switchover()
    pair.await_standby("lb1")
    assert standing() == []
    sentences = [event["sentence"] for event in pair.nodes["lb1"].events()]
    assert any("would stay when this node steps back" in sentence for sentence in sentences), sentences


def test_cut_link_moves_the_address(pair: MainstayPair, traffic: Traffic, wire: Capture) -> None:
    start = now()
    fault.pull_cable(pair.lab, "lb1")
    pair.await_active("lb2")
    traffic.await_flowing()
    healed = now()
    fault.plug_cable(pair.lab, "lb1")
    pair.await_standby("lb1")
    traffic.await_flowing()
    assert pair.active == "lb2"
    assert traffic.figures(start, healed).outage.millis > 0
    assert wire.announcements(VIP, "lb1", since=healed) == [], "the returning node must not announce the address"


def test_dead_switch_port_ends_with_one_active(pair: MainstayPair, traffic: Traffic, wire: Capture) -> None:
    """The node keeps its carrier and believes itself alone; after healing, clients must reach the one that stays.

    The other one steps back at its first advert. The one that stays must learn of it all the same, and tell the
    neighbours again: the refresh, once a minute, would be too late.
    """
    lab = pair.lab
    fault.isolate_port(lab, "lb1")
    pair.await_active("lb2")
    traffic.await_flowing()
    healed = now()
    fault.join_port(lab, "lb1")
    wait_until("exactly one node holds the address", lambda: pair.holds_address("lb1") != pair.holds_address("lb2"))
    traffic.await_flowing()
    assert wire.announcements(VIP, pair.active, since=healed) != [], "the one that stays must announce the address again"
    pass_time(QUIET_NANOS)
    assert pair.holds_address("lb1") != pair.holds_address("lb2")
    traffic.await_flowing()


def test_frozen_active_is_replaced_and_never_speaks_again(wire: Capture, pair: MainstayPair, traffic: Traffic) -> None:
    waiting = sockets.connect(pair.lab["client"], VIP, 80)
    frozen = now()
    pair.freeze("lb1")
    pair.await_active("lb2")
    traffic.await_flowing()
    pass_time(FROZEN_NANOS - (now() - frozen))
    thawed = now()
    pair.thaw("lb1")
    pair.await_standby("lb1")
    assert sockets.to_the_end(waiting) == "0 octets, RST", "a client that only waits is told, though the address is gone"
    traffic.await_flowing()
    pass_time(QUIET_NANOS)
    assert pair.active == "lb2"
    assert [advert for _, advert in wire.adverts("lb1", since=thawed) if active(advert)] == []
    taken, _ = wire.announcements(VIP, "lb2", since=frozen)[0]
    assert [arp for _, arp in wire.arps("lb1", since=taken) if arp.sender == VIP] == [], "nor answers for the address"
    assert pair.nodes["lb1"].router()["state"] == "BACKUP"


def test_takeover_advertises_then_announces_in_both_forms(wire: Capture, pair: MainstayPair) -> None:
    start = now()
    pair.kill("lb1")
    pair.await_active("lb2")
    first_advert, advert = wire.await_advert("the first advert of lb2", active, port="lb2", since=start)
    assert (advert.vrid, advert.priority, advert.addresses, advert.ttl) == (51, 245, (VIP,), 255)

    def both_forms() -> bool:
        return {arp.operation for _, arp in wire.announcements(VIP, "lb2", since=start)} == {1, 2}

    wait_until("gratuitous ARP in request and reply form", both_forms)
    announcements = wire.announcements(VIP, "lb2", since=start)
    assert first_advert <= announcements[0][0]
    assert {arp.sender_mac for _, arp in announcements} == {pair.lab.mac("lb2")}
    wait_until(
        "each form is sent five times",
        lambda: len(wire.announcements(VIP, "lb2", since=start)) >= 10,
    )


def test_backup_sends_nothing(wire: Capture, pair: MainstayPair) -> None:
    start = now()
    pass_time(QUIET_NANOS)
    assert wire.adverts("lb2", since=start) == []
    assert wire.announcements(VIP, "lb2", since=start) == []
    adverts = wire.adverts("lb1", since=start)
    assert len(adverts) > 10
    assert {advert.interval_centis for _, advert in adverts} == {10}


def test_sigterm_hands_over_and_exits_0(wire: Capture, pair: MainstayPair, traffic: Traffic) -> None:
    start = now()
    assert pair.nodes["lb1"].daemon.terminate() == 0
    assert not pair.nodes["lb1"].holds_address
    pair.await_active("lb2")
    traffic.await_flowing()
    assert traffic.figures(start).outage.millis < 1000
    # Either it resigned, or the peer was Active before it left.
    assert [a for _, a in wire.adverts("lb1", since=start) if resignation(a)] or wire.adverts("lb2", since=start)


def test_sigterm_of_the_backup_disturbs_nobody(wire: Capture, pair: MainstayPair, traffic: Traffic) -> None:
    start = now()
    assert pair.nodes["lb2"].daemon.terminate() == 0
    pass_time(QUIET_NANOS)
    seen = traffic.figures(start)
    assert (seen.outage.lost_probes, seen.failed_requests, seen.reset_connections) == (0, 0, 0)
    assert wire.adverts("lb2", since=start) == []


def test_sigterm_without_a_peer_gives_the_address_up_and_exits_0(wire: Capture, pair: MainstayPair) -> None:
    pair.kill("lb2")
    start = now()
    assert pair.nodes["lb1"].daemon.terminate() == 0
    assert not pair.nodes["lb1"].holds_address
    wire.await_advert("lb1 resigns", resignation, port="lb1", since=start)


def test_preempting_node_takes_the_address_back(lab: Lab, backends: Backends) -> None:
    nodes = [Mainstay(lab[name], Settings(name, priority)) for name, priority in (("lb1", 250), ("lb2", 245))]
    nodes[1].start()
    nodes[1].await_ready("ACTIVE")
    nodes[0].start()
    nodes[0].await_ready("ACTIVE")
    nodes[1].await_state("BACKUP")
    nodes[1].await_not_holding()


def test_equal_priorities_elect_exactly_one(wire: Capture, lab: Lab, backends: Backends) -> None:
    nodes = [Mainstay(lab[name], Settings(name, 200)) for name in ("lb1", "lb2")]
    for node in nodes:
        node.start()
    wait_until("a node holds the address", lambda: any(node.holds_address for node in nodes), 30)
    for node in nodes:
        node.await_backends()
    wait_until(
        "one is ACTIVE and the other BACKUP",
        lambda: sorted(node.router()["state"] for node in nodes) == ["ACTIVE", "BACKUP"],
        pause=0.3,
    )
    before = [node.router()["transitions"] for node in nodes]
    start = now()
    pass_time(QUIET_NANOS)
    assert [node.router()["transitions"] for node in nodes] == before, "they must not take turns"
    assert len({advert.source for _, advert in wire.adverts(since=start)}) == 1


def test_backup_is_warm(pair: MainstayPair) -> None:
    listening = pair.lab["lb2"].run("ss", "--tcp", "--listening", "--numeric", "--no-header")
    assert f"{VIP}:80" in listening
    assert not pair.holds_address("lb2")
    for backend in pair.nodes["lb2"].settings.backends:
        assert pair.nodes["lb2"].backend(backend)["state"] == "HEALTHY"


def test_deleted_address_is_put_back_and_journaled(pair: MainstayPair, traffic: Traffic) -> None:
    active_node = pair.nodes["lb1"]
    start = now()
    pair.lab["lb1"].run("ip", "address", "delete", f"{VIP}/24", "dev", "eth0")
    active_node.await_holding()
    traffic.await_flowing()
    assert traffic.figures(start).outage.millis < 1000
    assert pair.active == "lb1"
    wait_until(
        "the journal tells of it",
        lambda: any(VIP in event["sentence"] for event in active_node.events() if event["severity"] != "INFO"),
        pause=0.3,
    )


def test_address_left_by_an_earlier_crash_is_removed_at_start(lab: Lab, pair: MainstayPair) -> None:
    pair.kill("lb2")
    lab["lb2"].run("ip", "address", "add", f"{VIP}/24", "dev", "eth0")
    pair.nodes["lb2"].start()
    pair.nodes["lb2"].await_not_holding()
    pair.await_standby("lb2")
    assert pair.active == "lb1"


def test_killed_active_alone_takes_its_address_again(lab: Lab, backends: Backends) -> None:
    node = Mainstay(lab["lb1"], Settings("lb1", 250))
    node.start()
    node.await_ready("ACTIVE")
    node.daemon.kill()
    assert node.holds_address, "nobody is left to remove it"
    node.start()
    node.await_ready("ACTIVE")
    assert node.node.addresses().count(node.settings.address) == 1


def test_clients_learn_the_new_hardware_address(pair: MainstayPair, traffic: Traffic) -> None:
    assert pair.lab.mac("lb1") in pair.lab["client"].run("ip", "neighbour", "show", VIP)
    pair.switchover()
    traffic.await_flowing()
    assert pair.lab.mac("lb2") in pair.lab["client"].run("ip", "neighbour", "show", VIP)


def test_idle_daemon_is_small(pair: MainstayPair) -> None:
    for name, node in pair.nodes.items():
        kibibytes = int(pair.lab[name].run("ps", "-o", "rss=", "-p", str(node.daemon.daemon_pid)))
        assert kibibytes < 150 * 1024, f"{name}: {kibibytes} KiB (expected: below 150 MiB)"
