# SPDX-License-Identifier: Apache-2.0
"""Packets that nobody should send, from a third host on the segment: counted, told once, and without effect."""

from collections.abc import Callable

import pytest

from lab.clock import now
from lab.inject import inject
from lab.mainstay import Mainstay
from lab.mainstay_pair import MainstayPair
from lab.packets import ip_datagram, multicast_frame, vrrp_message
from lab.topology import ADDRESSES, VIP
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

STRANGER = "client"
COUNT = 5


def frame(pair: MainstayPair, datagram: bytes) -> bytes:
    return multicast_frame(pair.lab.mac(STRANGER), datagram)


def advert(priority: int = 254, vrid: int = 51, **keywords: int) -> bytes:
    return vrrp_message(vrid, priority, (VIP,), **keywords)


def flipped(message: bytes, at: int) -> bytes:
    return message[:at] + bytes([message[at] ^ 0xFF]) + message[at + 1 :]


def carp() -> bytes:
    """A CARP advertisement (OpenBSD ip_carp.h): the same protocol number, version 2, type 1, 36 octets."""
    return bytes([0x21, 51, 0, 7, 0, 1, 0, 0]) + bytes(28)


MALFORMED: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "one octet": lambda: advert()[:1],
    "cut in the header": lambda: advert()[:7],
    "cut in the addresses": lambda: advert()[:10],
    "wrong checksum": lambda: flipped(advert(), 6),
    "unknown type": lambda: advert(kind=2),
    "unknown version": lambda: flipped(advert(), 0),
    "version 2": lambda: advert(version=2, interval_centis=100),
    "count above the length": lambda: flipped(advert(), 3),
    "carp": carp,
}


TOLD = {"version 2": "set version: 2 here", "carp": "CARP"}
"""What the status says of some of them."""


def discards(node: Mainstay) -> int:
    return sum(node.router()["discards"].values())


def assert_undisturbed(pair: MainstayPair, transitions: dict[str, int]) -> None:
    assert pair.active == "lb1"
    for name, node in pair.nodes.items():
        router = node.router()
        assert router["transitions"] == transitions[name]
        assert router["state"] == ("ACTIVE" if name == "lb1" else "BACKUP")


def transitions(pair: MainstayPair) -> dict[str, int]:
    return {name: node.router()["transitions"] for name, node in pair.nodes.items()}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_advert_is_counted_and_has_no_effect(steady_pair: MainstayPair, kind: str) -> None:
    before, counts = transitions(steady_pair), {name: discards(node) for name, node in steady_pair.nodes.items()}
    inject(steady_pair.lab[STRANGER], [frame(steady_pair, ip_datagram(ADDRESSES[STRANGER], MALFORMED[kind]()))] * COUNT)
    for name, node in steady_pair.nodes.items():
        expected = counts[name] + COUNT
        wait_until(f"{name} counts them", lambda node=node, at=expected: discards(node) >= at, pause=0.3)
    assert_undisturbed(steady_pair, before)
    if kind in TOLD:
        for node in steady_pair.nodes.values():
            wait_until(
                "the status names the sender and what is wrong",
                lambda node=node: any(
                    ADDRESSES[STRANGER] in problem and TOLD[kind] in problem for problem in node.router()["peer_problems"]
                ),
            )


def test_wrong_ttl_is_counted_and_has_no_effect(steady_pair: MainstayPair) -> None:
    before, count = transitions(steady_pair), discards(steady_pair.nodes["lb1"])
    inject(steady_pair.lab[STRANGER], [frame(steady_pair, ip_datagram(ADDRESSES[STRANGER], advert(), ttl=254))] * COUNT)
    wait_until("lb1 counts them", lambda: discards(steady_pair.nodes["lb1"]) >= count + COUNT, pause=0.3)
    assert_undisturbed(steady_pair, before)


def test_foreign_vrid_has_no_effect(steady_pair: MainstayPair) -> None:
    before = transitions(steady_pair)
    inject(steady_pair.lab[STRANGER], [frame(steady_pair, ip_datagram(ADDRESSES[STRANGER], advert(vrid=77)))] * COUNT)
    # A valid one of the same stranger afterwards shows that the foreign ones have been read.
    count = discards(steady_pair.nodes["lb1"])
    inject(steady_pair.lab[STRANGER], [frame(steady_pair, ip_datagram(ADDRESSES[STRANGER], flipped(advert(), 6)))])
    wait_until("lb1 has read on", lambda: discards(steady_pair.nodes["lb1"]) > count, pause=0.3)
    assert_undisturbed(steady_pair, before)


@pytest.mark.parametrize("kind", ["carp", "wrong checksum"])
def test_discard_is_told_in_few_lines(pair: MainstayPair, kind: str) -> None:
    """On a pair of its own, as what was told once need not be told again."""
    daemon = pair.nodes["lb1"]
    count, many = discards(daemon), 500
    inject(pair.lab[STRANGER], [frame(pair, ip_datagram(ADDRESSES[STRANGER], MALFORMED[kind]()))] * many)
    wait_until("lb1 counts them", lambda: discards(daemon) >= count + many, pause=0.3)
    about = [line for line in daemon.log().splitlines() if ADDRESSES[STRANGER] in line]
    assert 1 <= len(about) <= 10, f"{len(about)} lines: {about[:20]}"


def test_stronger_stranger_takes_over_and_the_pair_returns(pair: MainstayPair) -> None:
    """A valid advert of a higher priority is obeyed; when its sender falls silent, the pair serves again."""
    start = now()
    inject(pair.lab[STRANGER], [frame(pair, ip_datagram(ADDRESSES[STRANGER], advert(priority=254)))])
    # In the journal: it may be over before anybody looks at the address.
    wait_until(
        "lb1 gives way",
        lambda: any("a router of higher priority advertises" in e["sentence"] for e in pair.nodes["lb1"].events()),
    )
    wait_until("one of the pair serves again", lambda: pair.holds_address("lb1") != pair.holds_address("lb2"))
    assert now() - start < 20_000_000_000
