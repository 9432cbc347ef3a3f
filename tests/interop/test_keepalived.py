# SPDX-License-Identifier: Apache-2.0
"""Mainstay beside Debian's keepalived in VRRP version 3, in both roles, judged by the packets on the wire."""

from collections.abc import Callable

import pytest

from lab.backends import Backends
from lab.capture import Capture
from lab.clock import now
from lab.keepalived import Instance, Keepalived
from lab.mainstay import Mainstay, Settings
from lab.packets import Advert
from lab.topology import VIP, Lab
from lab.waiting import wait_until

HIGH, LOW = 250, 245
INTERVAL_NANOS = 100_000_000
CALM_NANOS = 1_500_000_000


class Mixed:
    """Mainstay on lb1 and keepalived on lb2."""

    def __init__(self, lab: Lab, wire: Capture, mainstay_priority: int, keepalived_priority: int) -> None:
        self.wire = wire
        self.mainstay = Mainstay(lab["lb1"], Settings("lb1", mainstay_priority))
        self.keepalived = Keepalived(lab["lb2"], Instance(keepalived_priority))

    def start(self) -> None:
        self.mainstay.start()
        self.keepalived.start()

    def await_active(self, port: str, since: int) -> None:
        """Waits until this node alone holds the address and advertises, and none but it does for a while."""
        holds, lacks = (
            (lambda: self.mainstay.holds_address, lambda: not self.keepalived.active)
            if port == "lb1"
            else (lambda: self.keepalived.active, lambda: not self.mainstay.holds_address)
        )
        wait_until(f"{port} alone holds the address", lambda: holds() and lacks(), 30)
        self.wire.await_advert(f"an advert of {port}", active, port=port, since=since)
        calm = now()
        wait_until("a calm while", lambda: now() - calm > CALM_NANOS)
        senders = {frame.port for frame in self.wire.frames() if frame.at > calm and isinstance(frame.packet, Advert)}
        assert senders == {port}, f"adverts come from {senders} (expected: {port} alone)"
        assert holds() and lacks()


def active(advert: Advert) -> bool:
    return advert.priority > 0


def resignation(advert: Advert) -> bool:
    return advert.priority == 0


@pytest.fixture
def mixed(lab: Lab, backends: Backends, wire: Capture) -> Callable[..., Mixed]:
    def make(mainstay_priority: int, keepalived_priority: int) -> Mixed:
        return Mixed(lab, wire, mainstay_priority, keepalived_priority)

    return make


def test_mainstay_above_keepalived_is_active_and_gives_way_in_good_order(mixed: Callable[..., Mixed]) -> None:
    both = mixed(HIGH, LOW)
    start = now()
    both.start()
    both.await_active("lb1", start)
    stopped = now()
    assert both.mainstay.daemon.terminate() == 0
    both.await_active("lb2", stopped)
    resigned, _ = both.wire.await_advert("Mainstay resigns", resignation, port="lb1", since=stopped)
    taken, _ = both.wire.await_advert("keepalived advertises", active, port="lb2", since=stopped)
    # The skew of priority 245 is 4 ms; the rest is slack for a busy machine, still less than for a lost host.
    assert taken - resigned < 3 * INTERVAL_NANOS
    returned = now()
    both.mainstay.start()
    both.await_active("lb1", returned)


def test_keepalived_above_mainstay_is_active_and_gives_way_in_good_order(mixed: Callable[..., Mixed]) -> None:
    both = mixed(LOW, HIGH)
    start = now()
    both.start()
    both.await_active("lb2", start)
    assert both.mainstay.router()["state"] == "BACKUP"
    assert both.mainstay.router()["active_address"] == "198.18.0.2"
    stopped = now()
    assert both.keepalived.process is not None
    both.keepalived.process.terminate()
    both.await_active("lb1", stopped)
    resigned, _ = both.wire.await_advert("keepalived resigns", resignation, port="lb2", since=stopped)
    taken, _ = both.wire.await_advert("Mainstay advertises", active, port="lb1", since=stopped)
    assert taken - resigned < 3 * INTERVAL_NANOS
    returned = now()
    both.keepalived.start()
    both.await_active("lb2", returned)


def test_keepalived_takes_over_from_a_killed_mainstay(mixed: Callable[..., Mixed]) -> None:
    both = mixed(HIGH, LOW)
    start = now()
    both.start()
    both.await_active("lb1", start)
    killed = now()
    both.mainstay.daemon.kill_daemon()
    both.keepalived.await_active()
    assert [arp.sender_mac for _, arp in both.wire.announcements(VIP, "lb2", since=killed)]
    returned = now()
    both.mainstay.start()
    both.await_active("lb1", returned)


def test_mainstay_takes_over_from_a_killed_keepalived(mixed: Callable[..., Mixed]) -> None:
    both = mixed(LOW, HIGH)
    start = now()
    both.start()
    both.await_active("lb2", start)
    killed = now()
    both.keepalived.kill()
    both.mainstay.await_holding()
    taken, _ = both.wire.await_advert("Mainstay advertises", active, port="lb1", since=killed)
    last_heard = max(at for at, advert in both.wire.adverts("lb2") if at < taken)
    assert taken - last_heard >= 3 * INTERVAL_NANOS, "not before three intervals of silence"
    wait_until("Mainstay announces", lambda: both.wire.announcements(VIP, "lb1", since=killed))
    returned = now()
    both.keepalived.start()
    both.await_active("lb2", returned)


def test_mainstay_answers_in_the_checksum_form_of_its_peer(mixed: Callable[..., Mixed]) -> None:
    both = mixed(LOW, HIGH)
    start = now()
    both.start()
    both.await_active("lb2", start)
    stopped = now()
    assert both.keepalived.process is not None
    both.keepalived.process.terminate()
    both.await_active("lb1", stopped)
    forms = {advert.checksum_form for _, advert in both.wire.adverts(since=start)}
    assert forms == {"pseudo_header"}, "keepalived sums with a pseudo-header"


def test_adverts_of_both_agree(mixed: Callable[..., Mixed]) -> None:
    both = mixed(HIGH, LOW)
    start = now()
    both.start()
    both.await_active("lb1", start)
    stopped = now()
    both.mainstay.daemon.terminate()
    both.await_active("lb2", stopped)
    _, ours = both.wire.adverts("lb1")[0]
    theirs = next(advert for _, advert in both.wire.adverts("lb2", since=stopped) if active(advert))
    same = ("version", "vrid", "interval_centis", "addresses", "ttl")
    assert [getattr(ours, name) for name in same] == [getattr(theirs, name) for name in same]
