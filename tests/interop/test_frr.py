# SPDX-License-Identifier: Apache-2.0
"""Mainstay beside vrrpd of FRRouting: version 2, version 3 over IPv4 and over IPv6, in both roles.

Debian's FRR has one form of the IPv4 checksum of version 3, that with the pseudo-header.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from interop.mixed import HIGH, INTERVAL_MILLIS, LOW, Mixed, active, resignation
from lab.backends import Backends
from lab.capture import Capture
from lab.clock import now
from lab.frr import Vrrpd, VrrpdSettings
from lab.mainstay import Settings
from lab.topology import Lab

VIP6 = "2001:db8::100"


@dataclass(frozen=True)
class Way:
    """How both are configured, apart from the priority."""

    mainstay: dict[str, Any] = field(default_factory=dict)
    frr: dict[str, Any] = field(default_factory=dict)
    seconds: float = INTERVAL_MILLIS / 1000
    form: str = "pseudo_header"
    """Of the checksums that both send."""


WAYS = {
    "v3": Way(),
    "v3-ipv6": Way({"address": f"{VIP6}/64"}, {"vip": f"{VIP6}/64"}),
    "v2": Way(
        {"interval_millis": 1000, "router_lines": "version: 2"},
        {"interval_millis": 1000, "version": 2},
        1.0,
        "rfc9568",
    ),
}

Make = Callable[..., Mixed]


@pytest.fixture
def mixed(lab: Lab, backends: Backends, wire: Capture) -> Make:
    def make(way: Way, mainstay_priority: int, frr_priority: int, preempt: bool = True) -> Mixed:
        settings = replace(Settings("lb1", mainstay_priority, INTERVAL_MILLIS, preempt), **way.mainstay)
        peer = Vrrpd(lab["lb2"], replace(VrrpdSettings(frr_priority, INTERVAL_MILLIS, preempt=preempt), **way.frr))
        return Mixed(lab, wire, settings, peer)

    return make


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


def test_mainstay_above_frr_is_active_and_gives_way_in_good_order(mixed: Make, way: Way) -> None:
    both = mixed(way, HIGH, LOW)
    start = now()
    both.start()
    both.await_active("lb1", start)
    stopped = now()
    assert both.mainstay.daemon.terminate() == 0
    both.await_active("lb2", stopped)
    resigned, _ = both.wire.await_advert("Mainstay resigns", resignation, port="lb1", since=stopped)
    taken, _ = both.wire.await_advert("FRR advertises", active, port="lb2", since=stopped)
    assert taken - resigned < 3 * way.seconds * 1e9
    returned = now()
    both.mainstay.start()
    both.await_active("lb1", returned)


def test_frr_above_mainstay_is_active_and_gives_way_in_good_order(mixed: Make, way: Way) -> None:
    both = mixed(way, LOW, HIGH)
    start = now()
    both.start()
    both.await_active("lb2", start)
    assert both.mainstay.router()["state"] == "BACKUP"
    _, theirs = both.wire.adverts("lb2", since=start)[-1]
    assert both.mainstay.router()["active_address"] == theirs.source
    stopped = now()
    both.peer.stop()
    both.await_active("lb1", stopped)
    resigned, _ = both.wire.await_advert("FRR resigns", resignation, port="lb2", since=stopped)
    taken, ours = both.wire.await_advert("Mainstay advertises", active, port="lb1", since=stopped)
    assert taken - resigned < 3 * way.seconds * 1e9
    assert {ours.checksum_form, theirs.checksum_form} == {way.form}, "Mainstay answers in the form of its peer"


def test_mainstay_takes_over_from_a_killed_frr_and_back(mixed: Make, way: Way) -> None:
    both = mixed(way, LOW, HIGH)
    start = now()
    both.start()
    both.await_active("lb2", start)
    killed = now()
    both.peer.kill()
    both.await_active("lb1", killed)
    returned = now()
    both.peer.start()
    both.await_active("lb2", returned)


def test_without_preemption_a_returning_mainstay_lets_frr_be(mixed: Make) -> None:
    both = mixed(WAYS["v3"], HIGH, LOW, preempt=False)
    start = now()
    both.peer.start()
    both.await_active("lb2", start)
    both.mainstay.start()
    both.mainstay.await_state("BACKUP")
    both.await_active("lb2", start)
