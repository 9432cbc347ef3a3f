# SPDX-License-Identifier: Apache-2.0
"""Mainstay beside keepalived: each version and way of advertising, in both roles.

Debian 12 has 2.2.7. With KEEPALIVED=/path/to/a/newer/one what that can do beside is tried too.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from interop.mixed import HIGH, INTERVAL_MILLIS, LOW, Mixed, active, resignation
from lab.backends import Backends
from lab.capture import Capture
from lab.clock import now
from lab.keepalived import Instance, Keepalived, version
from lab.mainstay import Settings
from lab.topology import ADDRESSES, VIP, Lab
from lab.waiting import wait_until

VIP6, LINK_LOCAL = "2001:db8::100", "fe80::100"


@dataclass(frozen=True)
class Way:
    """How both are configured, apart from the priority."""

    mainstay: dict[str, Any]
    keepalived: dict[str, Any]
    seconds: float = INTERVAL_MILLIS / 1000
    """The advertisement interval."""


V2 = {"interval_millis": 1000, "version": 2}
ASK_PASS = ("authentication {", "    auth_type PASS", "    auth_pass 1111", "}")
TO_LB1 = (f"unicast_src_ip {ADDRESSES['lb2']}", "unicast_peer {", f"    {ADDRESSES['lb1']}", "}")
TO_LB2 = f"unicast_peers: [{ADDRESSES['lb2']}]"

KEY = "0123456789abcdef0123456789abcdef"
SIGNED = "authentication: {active_key: 1, keys: [{id: 1, file: DIRECTORY/key}]}"
AUTH_HMAC = ("auth_hmac {", f"    key 1 {KEY}", "    active_key 1", "}")

WAYS = {
    "v3": Way({}, {}),
    "v3 unicast": Way({"router_lines": TO_LB2}, {"extra": TO_LB1}),
    "v3 ipv6": Way(
        {"address": f"{VIP6}/64", "more_addresses": (f"{LINK_LOCAL}/64",)},
        {"vip": f"{VIP6}/64", "more_vips": (f"{LINK_LOCAL}/64",)},
    ),
    "v2": Way({"interval_millis": 1000, "router_lines": "version: 2"}, V2, 1.0),
    "v2 password": Way(
        {"interval_millis": 1000, "router_lines": 'version: 2\npassword: "1111"'}, {**V2, "extra": ASK_PASS}, 1.0
    ),
    "v2 unicast": Way(
        {"interval_millis": 1000, "router_lines": f"version: 2\n{TO_LB2}"}, {**V2, "extra": TO_LB1}, 1.0
    ),
}
if version() >= (2, 2, 8):
    WAYS["v3 rfc checksum"] = Way({}, {"extra": ("v3_checksum_as_v2",)})
if version() >= (2, 4, 1):
    WAYS["v3 signed"] = Way({"router_lines": SIGNED}, {"extra": AUTH_HMAC})
    WAYS["v3 signed unicast"] = Way({"router_lines": f"{SIGNED}\n{TO_LB2}"}, {"extra": (*AUTH_HMAC, *TO_LB1)})
    WAYS["v2 signed"] = Way(
        {"interval_millis": 1000, "router_lines": f"version: 2\n{SIGNED}"}, {**V2, "extra": AUTH_HMAC}, 1.0
    )

Make = Callable[..., Mixed]


@pytest.fixture
def mixed(lab: Lab, backends: Backends, wire: Capture) -> Make:
    def make(way: Way, mainstay_priority: int, keepalived_priority: int, preempt: bool = True) -> Mixed:
        settings = replace(Settings("lb1", mainstay_priority, INTERVAL_MILLIS, preempt), **way.mainstay)
        directory = lab["lb1"].directory
        key = directory / "key"
        key.write_text(f"{KEY}\n")
        key.chmod(0o640)
        settings = replace(settings, router_lines=settings.router_lines.replace("DIRECTORY", str(directory)))
        instance = replace(Instance(keepalived_priority, INTERVAL_MILLIS, preempt=preempt, real_time=True), **way.keepalived)
        return Mixed(lab, wire, settings, Keepalived(lab["lb2"], instance))

    return make


@pytest.fixture(params=WAYS, ids=[name.replace(" ", "-") for name in WAYS])
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


def test_mainstay_above_keepalived_is_active_and_gives_way_in_good_order(mixed: Make, way: Way) -> None:
    both = mixed(way, HIGH, LOW)
    start = now()
    both.start()
    both.await_active("lb1", start)
    stopped = now()
    assert both.mainstay.daemon.terminate() == 0
    both.await_active("lb2", stopped)
    resigned, _ = both.wire.await_advert("Mainstay resigns", resignation, port="lb1", since=stopped)
    taken, _ = both.wire.await_advert("keepalived advertises", active, port="lb2", since=stopped)
    # The skew of priority 245 is 4 % of an interval; the rest is slack for a busy machine, less than for a lost host.
    assert taken - resigned < 3 * way.seconds * 1e9
    returned = now()
    both.mainstay.start()
    both.await_active("lb1", returned)


def test_keepalived_above_mainstay_is_active_and_gives_way_in_good_order(mixed: Make, way: Way) -> None:
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
    resigned, _ = both.wire.await_advert("keepalived resigns", resignation, port="lb2", since=stopped)
    taken, _ = both.wire.await_advert("Mainstay advertises", active, port="lb1", since=stopped)
    assert taken - resigned < 3 * way.seconds * 1e9
    returned = now()
    both.peer.start()
    both.await_active("lb2", returned)


def test_each_takes_over_from_the_other_when_it_is_killed(mixed: Make, way: Way) -> None:
    both = mixed(way, LOW, HIGH)
    start = now()
    both.start()
    both.await_active("lb2", start)
    killed = now()
    both.peer.kill()
    # A killed keepalived leaves its addresses on the node, so that the two are judged by what they say.
    both.mainstay.await_holding()
    taken, _ = both.wire.await_advert("Mainstay advertises", active, port="lb1", since=killed)
    last_heard = max(at for at, advert in both.wire.adverts("lb2") if at < taken)
    assert taken - last_heard >= 3 * way.seconds * 1e9, "not before three intervals of silence"
    wait_until("Mainstay announces", lambda: both.announcements("lb1", killed))
    returned = now()
    both.peer.start()
    both.await_active("lb2", returned)


def test_a_virtual_mac_moves_between_them_and_the_clients_entry_stays_right(mixed: Make) -> None:
    mac = "00:00:5e:00:01:33"
    both = mixed(Way({"router_lines": "virtual_mac: true"}, {"extra": ("use_vmac",)}), HIGH, LOW)
    client = both.lab["client"]
    client.run("ip", "neigh", "replace", VIP, "lladdr", mac, "dev", "eth0", "nud", "permanent")

    def served_by(port: str, since: int) -> None:
        wait_until(f"{port} alone is Active", lambda: both.holders() == {port}, 40)
        both.wire.await_advert(f"{port} advertises", lambda advert: active(advert) and advert.mac == mac, port, since)
        wait_until("it is reached", lambda: client.attempt("ping", "-c", "1", "-W", "1", VIP).returncode == 0)

    start = now()
    both.start()
    served_by("lb1", start)
    stopped = now()
    assert both.mainstay.daemon.terminate() == 0
    served_by("lb2", stopped)
    returned = now()
    both.mainstay.start()
    served_by("lb1", returned)
    killed = now()
    both.mainstay.daemon.kill_daemon()
    served_by("lb2", killed)


@pytest.mark.parametrize("name", ["v3", "v3 ipv6", "v2"])
def test_keepalived_takes_over_from_a_killed_mainstay(mixed: Make, name: str) -> None:
    both = mixed(WAYS[name], HIGH, LOW)
    start = now()
    both.start()
    both.await_active("lb1", start)
    killed = now()
    both.mainstay.daemon.kill_daemon()
    both.await_active("lb2", killed)
    returned = now()
    both.mainstay.start()
    both.await_active("lb1", returned)


@pytest.mark.parametrize("name", ["v3", "v2"])
def test_without_preemption_whoever_returns_lets_the_active_be(mixed: Make, name: str) -> None:
    both = mixed(WAYS[name], LOW, HIGH, preempt=False)
    start = now()
    both.start()
    wait_until("one of them is Active", lambda: len(both.holders()) == 1, 30)
    if both.holders() == {"lb1"}:
        assert both.mainstay.daemon.terminate() == 0
        both.await_active("lb2", start)
        both.mainstay.start()
    both.await_active("lb2", start)
    stopped = now()
    both.peer.stop()
    both.await_active("lb1", stopped)
    both.peer.start()
    both.await_active("lb1", stopped)
    assert not [at for at, advert in both.wire.adverts("lb2", since=stopped) if active(advert)]


def test_adverts_of_both_agree(mixed: Make, way: Way) -> None:
    both = mixed(way, HIGH, LOW)
    start = now()
    both.start()
    both.await_active("lb1", start)
    stopped = now()
    both.mainstay.daemon.terminate()
    both.await_active("lb2", stopped)
    # Not the first, which Mainstay sent before it had heard which form of the checksum the other one wants.
    ours = [advert for at, advert in both.wire.adverts("lb1") if active(advert) and at < stopped][-1]
    theirs = next(advert for _, advert in both.wire.adverts("lb2", since=stopped) if active(advert))
    same = ("version", "vrid", "interval_centis", "addresses", "ttl", "checksum_form", "password")
    assert [getattr(ours, name) for name in same] == [getattr(theirs, name) for name in same]


def test_mainstay_announces_as_its_peers_expect(mixed: Make) -> None:
    both = mixed(WAYS["v3 ipv6"], HIGH, LOW)
    start = now()
    both.start()
    both.await_active("lb1", start)
    for address in (VIP6, LINK_LOCAL):
        _, advert = both.wire.neighbour_adverts(address, "lb1")[0]
        assert (advert.source, advert.mac) == (address, both.lab.mac("lb1"))
        assert (advert.router, advert.solicited, advert.override) == (True, False, True)
    _, ours = both.wire.adverts("lb1")[0]
    assert ours.source.startswith("fe80::") and ours.addresses == (LINK_LOCAL, VIP6)


WRONG = {
    "version": ({"interval_millis": 1000}, {"version": 2, "interval_millis": 1000}, "version-other", "set version: 2 here"),
    "interval of v2": (
        {"interval_millis": 2000, "router_lines": "version: 2"},
        V2,
        "interval-mismatch",
        "set advertisement_interval: 1s here",
    ),
    "password": (
        {"interval_millis": 1000, "router_lines": 'version: 2\npassword: "2222"'},
        {**V2, "extra": ASK_PASS},
        "authentication-data",
        "set password here",
    ),
    "no password": (
        {"interval_millis": 1000, "router_lines": "version: 2"},
        {**V2, "extra": ASK_PASS},
        "authentication-type",
        "set password here",
    ),
    "multicast": ({"router_lines": TO_LB2}, {}, "destination", "set unicast_peers: [] here"),
    "unicast": ({}, {"extra": TO_LB1}, "destination", f"set unicast_peers: [{ADDRESSES['lb2']}] here"),
    "addresses": ({}, {"vip": "198.18.0.99/24"}, "addresses-foreign", "give both the same addresses"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_keepalived_is_said_with_what_to_set(mixed: Make, name: str) -> None:
    mainstay, keepalived, reason, remedy = WRONG[name]
    both = mixed(Way(mainstay, keepalived), HIGH, LOW)
    both.peer.start()
    both.wire.await_advert("keepalived advertises", active, port="lb2")
    both.mainstay.start()
    line = both.mainstay.daemon.wait_for_output("are discarded", 30)
    assert ADDRESSES["lb2"] in line and remedy in line, line
    wait_until("it is counted", lambda: both.mainstay.router()["discards"].get(reason, 0) > 0, pause=0.3)


def test_another_list_of_addresses_is_told_and_does_not_part_them(mixed: Make) -> None:
    """keepalived of this version drops what names fewer addresses than it has; Mainstay hears it all the same."""
    both = mixed(Way({}, {"more_vips": ("198.18.0.99/24",)}), LOW, HIGH)
    start = now()
    both.start()
    both.await_active("lb2", start)
    both.mainstay.daemon.wait_for_output("give both the same list")


def test_the_address_of_another_family_is_no_concern(mixed: Make) -> None:
    """Mainstay holds both families; keepalived knows the IPv4 ones only. They move together on the side of Mainstay."""
    both = mixed(Way({"more_addresses": (f"{VIP6}/64", f"{LINK_LOCAL}/64")}, {}), LOW, HIGH)
    start = now()
    both.start()
    both.await_active("lb2", start)
    assert f"{VIP6}/64" not in both.lab["lb1"].addresses()
    stopped = now()
    both.peer.stop()
    both.await_active("lb1", stopped)
    wait_until("lb1 holds the IPv6 address too", lambda: f"{VIP6}/64" in both.lab["lb1"].addresses())
    assert both.wire.announcements(VIP, "lb1") and both.wire.neighbour_adverts(VIP6, "lb1")
