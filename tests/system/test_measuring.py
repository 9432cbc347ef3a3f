# SPDX-License-Identifier: Apache-2.0
"""The measuring itself: what it says of gaps that are known."""

import pytest

from lab import fault
from lab.backends import Backends
from lab.capture import Capture, Frame
from lab.clock import now
from lab.mainstay_pair import MainstayPair
from lab.measure import Window, outage, without_service_millis
from lab.owners import by_two_owners, sent_twice
from lab.packets import Advert, Arp
from lab.pair import other
from lab.records import ProbeRecord, Request
from lab.topology import ADDRESSES, VIP, Lab
from lab.traffic import Amount, Traffic
from lab.waiting import wait_until

MILLI = 1_000_000


def probes(pattern: str) -> list[ProbeRecord]:
    """One probe a millisecond: `+` answered, `-` lost, `.` not sent."""
    return [
        ProbeRecord(i * MILLI, i * MILLI + 1 if mark == "+" else 0) for i, mark in enumerate(pattern, 1) if mark != "."
    ]


@pytest.mark.parametrize(
    ("pattern", "millis", "lost"),
    [
        ("++++++++", 0, 0),
        ("++-+++++", 1, 1),
        ("++---+++", 3, 3),
        ("+-+---++", 3, 4),
        ("+++++---", 3, 3),
        ("----++++", 4, 4),
        # A gap of the probe itself is no outage; within a run of lost probes it counts, as nobody knows better.
        ("++....++", 0, 0),
        ("++-..-++", 4, 2),
    ],
)
def test_outage_is_the_longest_run_of_lost_probes(pattern: str, millis: float, lost: int) -> None:
    found = outage(probes(pattern), Window(MILLI, (len(pattern) + 1) * MILLI), MILLI)
    assert (found.millis, found.lost_probes) == (millis, lost)


def test_outage_that_began_before_the_window_counts_in_full() -> None:
    found = outage(probes("++-----+++"), Window(5 * MILLI, 11 * MILLI), MILLI)
    assert found.millis == 5


def test_own_gap_of_the_probe_is_reported() -> None:
    assert outage(probes("++....++"), Window(MILLI, 9 * MILLI), MILLI).own_gap_millis == 4


def test_time_without_service_counts_slow_and_failed_requests() -> None:
    def request(start: int, took: int, outcome: str = "ok") -> Request:
        return Request(start * MILLI, (start + took) * MILLI, "new", outcome, "web1")

    window = Window(5 * MILLI, 50 * MILLI)
    assert without_service_millis([request(10, 1), request(20, 199), request(30, 1)], window) == 0
    slow_then_reset = [request(10, 1), request(20, 201), request(30, 5, "reset"), request(40, 1)]
    assert without_service_millis(slow_then_reset, window) == 30
    assert without_service_millis([request(20, 5, "reset"), request(30, 1)], window) == 25
    assert without_service_millis([request(10, 1), request(20, 5, "reset")], window) == 40


def advert(millis: float, port: str, priority: int = 250) -> Frame:
    octets = f"advert {port} {priority}".encode()
    return Frame(round(millis * MILLI), port, octets, Advert(port, 3, 51, priority, 100, (VIP,), 255, "rfc9568"))


def arp(millis: float, port: str, address: str = VIP, gratuitous: bool = True) -> Frame:
    packet = Arp(1 if gratuitous else 2, port, address, address if gratuitous else "198.18.0.50", gratuitous)
    return Frame(round(millis * MILLI), port, f"arp {port} {address} {gratuitous}".encode(), packet)


def test_frames_by_two_owners_are_those_of_the_former_between_those_of_the_new() -> None:
    moved = [advert(1, "lb1"), advert(2, "lb1", 0), advert(3, "lb2"), arp(4, "lb2"), advert(9, "lb2")]
    assert by_two_owners(moved, VIP, "lb1") == 0
    assert by_two_owners([*moved, advert(10, "lb1")], VIP, "lb1") == 0, "it moved back"
    beside = [advert(5, "lb1"), arp(6, "lb1"), arp(7, "lb1", gratuitous=False)]
    assert by_two_owners([*moved, *beside], VIP, "lb1") == 3
    assert by_two_owners([*moved, *beside], VIP, "lb1", heard_from=6 * MILLI) == 2
    harmless = [advert(5, "lb1", 0), arp(6, "lb1", ADDRESSES["lb1"])]
    assert by_two_owners([*moved, *harmless], VIP, "lb1") == 0
    assert by_two_owners([advert(1, "lb1")], VIP, "lb1") == 0, "nobody took over"


def test_frames_by_two_owners_are_counted_while_neither_hears_the_other(
    lab: Lab, wire: Capture, pair: MainstayPair
) -> None:
    def counted(since: int, former: str) -> int:
        return by_two_owners([frame for frame in wire.frames() if frame.at >= since], VIP, former)

    start = now()
    for name in pair.nodes:
        fault.drop_from(lab, name, "ip protocol 112")
    wait_until("both hold the address", lambda: all(map(pair.holds_address, pair.nodes)))
    wait_until("both speak for it", lambda: counted(start, "lb1") >= 10)
    fault.heal(lab)
    pair.await_standby(other(pair.active))
    healed, active = now(), pair.active
    wire.await_advert("another advert", lambda advert: True, port=active, since=healed)
    pair.switchover()
    wire.await_advert("an advert", lambda advert: advert.priority > 0, port=other(active), since=healed)
    pair.await_standby(active)
    assert counted(healed, active) == 0, "an address that moves in good order has one owner"


def test_frames_sent_twice_repeat_another_of_a_moment_before() -> None:
    assert sent_twice([arp(1, "lb1"), arp(51, "lb1"), advert(51, "lb1"), advert(61, "lb1")], VIP) == 0
    assert sent_twice([arp(1, "lb1"), arp(1.1, "lb2")], VIP) == 0, "of two nodes"
    assert sent_twice([arp(1.2, "lb1"), arp(1, "lb1"), arp(1.1, "lb1")], VIP) == 2
    assert sent_twice([advert(1, "lb1"), advert(2.9, "lb1"), advert(3, "lb1", 0), advert(3.1, "lb1", 0)], VIP) == 1
    answers = [arp(1, "lb1", gratuitous=False), arp(1.1, "lb1", gratuitous=False)]
    assert sent_twice(answers, VIP) == 0, "somebody asked twice"


def test_probe_measures_a_gap_of_known_length(lab: Lab) -> None:
    traffic = Traffic(lab["client"], Amount(new_per_second=0, kept=0, download=False), address=ADDRESSES["lb1"])
    traffic.start()
    traffic.await_flowing()
    start = now()
    fault.drop_from(lab, "lb1", "ip protocol icmp")
    dropped = now()
    wait_until("half a second has passed", lambda: now() - dropped > 500 * MILLI)
    healing = now()
    fault.heal(lab)
    healed = now()
    traffic.await_flowing()
    found = traffic.figures(start).outage
    # It lies between the surely dead time and the time from before the first command to after the last.
    slack = 5 + found.own_gap_millis
    assert (healing - dropped) / 1e6 - slack <= found.millis <= (healed - start) / 1e6 + slack
    assert found.lost_probes > 0


def test_load_counts_refused_and_reset_connections(lab: Lab, backends: Backends) -> None:
    traffic = Traffic(lab["client"], Amount(download=False), port=8080, address=ADDRESSES["web1"])
    traffic.start()
    traffic.await_flowing()
    quiet = now()
    wait_until("a while without faults", lambda: now() - quiet > 500 * MILLI)
    calm = traffic.figures(quiet)
    assert calm.failed_requests == 0 and calm.reset_connections == 0 and calm.requests > 50
    start = now()
    backends.kill("web1")
    wait_until("connections are refused", lambda: now() - start > 300 * MILLI)
    backends.start("web1")
    traffic.await_flowing()
    found = traffic.figures(start)
    assert found.failures["connect refused"] > 5
    assert found.without_service_millis >= 300
    assert found.outage.millis == 0, "the host itself was never away"


def test_download_goes_on_where_it_broke(lab: Lab, backends: Backends) -> None:
    amount = Amount(new_per_second=0, kept=0)
    traffic = Traffic(lab["client"], amount, port=8080, address=ADDRESSES["web1"])
    traffic.start()
    traffic.await_flowing()
    start = now()
    backends.restart("web1")
    traffic.await_flowing()
    before = traffic.downloaded_bytes()
    assert len(traffic.figures(start).download_breaks) >= 1
    wait_until("more of it arrives", lambda: traffic.downloaded_bytes() > before)
