# SPDX-License-Identifier: Apache-2.0
"""A pair with a key, against signatures computed by Python: what it says, what it believes, and how a key is replaced.

keepalived signs in the same way from 2.4.1 on; Debian 12 has 2.2.7, which does not, so that it is not a peer here.
"""

import time
from collections.abc import Iterator

import pytest

from lab.backends import Backends
from lab.capture import Capture, Frame, capture
from lab.clock import now
from lab.inject import inject
from lab.mainstay import Mainstay
from lab.mainstay_pair import MainstayPair
from lab.packets import Advert, ip_datagram, multicast_frame, vrrp_message
from lab.signing import sequence_at, signature, signed_sequence
from lab.topology import ADDRESSES, VIP, Lab
from lab.waiting import wait_until

pytestmark = pytest.mark.patient

KEY, NEW_KEY = bytes(range(32)), b"another key of thirty-two octets"
KEYS = {1: KEY, 2: NEW_KEY}
STRANGER = "client"
VIP6 = "2001:db8::100/64"


def authentication(directory: str, *, active: int = 1) -> str:
    return (
        f"authentication: {{active_key: {active}, keys: [{{id: 1, file: {directory}/key1}},"
        f" {{id: 2, file: {directory}/key2}}]}}"
    )


@pytest.fixture(scope="module")
def signed_pair() -> Iterator[MainstayPair]:
    """lb1 Active, lb2 Backup, addresses of both families, two keys of which the first signs."""
    with Lab() as lab:
        backends = Backends(lab)
        backends.start_all()
        pair = MainstayPair(lab, backends, interval_millis=100, more_addresses=(VIP6,))
        for node in pair.nodes.values():
            for name, text in (("key1", f"hex:{KEY.hex()}"), ("key2", NEW_KEY.decode())):
                file = node.node.directory / name
                file.write_text(f"{text}\n")
                file.chmod(0o640)
            node.configure(router_lines=authentication(str(node.node.directory)))
        pair.start()
        yield pair


@pytest.fixture
def said(signed_pair: MainstayPair) -> Iterator[Capture]:
    with capture(signed_pair.lab) as captured:
        yield captured


def adverts(said: Capture, port: str, since: int = 0) -> list[Frame]:
    return [
        frame
        for frame in said.frames()
        if isinstance(frame.packet, Advert) and frame.port == port and frame.at >= since
    ]


def discards(node: Mainstay, reason: str) -> int:
    count: int = node.router()["discards"].get(reason, 0)
    return count


def signing_key(pair: MainstayPair) -> tuple[bytes, int]:
    """The key with which the pair signs now, and its number: another test may have replaced it."""
    number = next(each for each in KEYS if f"active_key: {each}" in pair.nodes["lb1"].settings.router_lines)
    return KEYS[number], number


def frame(pair: MainstayPair, message: bytes, *, source: str = ADDRESSES[STRANGER]) -> bytes:
    return multicast_frame(pair.lab.mac(STRANGER), ip_datagram(source, message))


def test_whatever_is_said_is_signed_and_numbered(signed_pair: MainstayPair, said: Capture) -> None:
    wait_until("lb1 has advertised", lambda: len(adverts(said, "lb1")) >= 20)
    for family in (4, 6):
        frames = [each for each in adverts(said, "lb1") if each.octets[14] >> 4 == family]
        numbers = [signed_sequence(each.octets, KEY, 1) for each in frames]
        assert len(numbers) >= 5
        assert None not in numbers
        assert all(first < second for first, second in zip(numbers, numbers[1:], strict=False)), numbers
        assert all(abs(number - sequence_at(time.time())) < sequence_at(30) for number in numbers)
        assert {each.packet.checksum_form for each in frames} == {"pseudo_header"}


def test_a_stranger_without_key_is_not_believed(signed_pair: MainstayPair) -> None:
    lb1 = signed_pair.nodes["lb1"]
    before, transitions = discards(lb1, "trailer-missing"), lb1.router()["transitions"]
    inject(signed_pair.lab[STRANGER], [frame(signed_pair, vrrp_message(51, 254, (VIP,)))] * 5)
    wait_until("lb1 counts them", lambda: discards(lb1, "trailer-missing") >= before + 5, pause=0.2)
    forged = vrrp_message(51, 254, (VIP,))
    forged += signature(forged, ADDRESSES[STRANGER], NEW_KEY, 1, sequence_at(time.time()))
    inject(signed_pair.lab[STRANGER], [frame(signed_pair, forged)])
    wait_until("lb1 counts a wrong key", lambda: discards(lb1, "trailer-hmac") >= 1, pause=0.2)
    old = vrrp_message(51, 254, (VIP,))
    old += signature(old, ADDRESSES[STRANGER], KEY, 1, sequence_at(time.time() - 60))
    inject(signed_pair.lab[STRANGER], [frame(signed_pair, old)])
    wait_until("lb1 counts an old one", lambda: discards(lb1, "trailer-stale") >= 1, pause=0.2)
    assert lb1.router()["state"] == "ACTIVE"
    assert lb1.router()["transitions"] == transitions


def test_what_was_said_before_is_not_believed_again(signed_pair: MainstayPair, said: Capture) -> None:
    lb2 = signed_pair.nodes["lb2"]
    wait_until("lb1 has advertised", lambda: len(adverts(said, "lb1")) >= 8)
    first = adverts(said, "lb1")[0].octets
    before, transitions = discards(lb2, "trailer-replayed"), lb2.router()["transitions"]
    inject(signed_pair.lab[STRANGER], [first] * 3)
    wait_until("lb2 counts them", lambda: discards(lb2, "trailer-replayed") >= before + 3, pause=0.2)
    assert lb2.router()["transitions"] == transitions

    def told() -> bool:
        # Of all strangers together no more than one sentence a second is told, and another may have had its turn.
        inject(signed_pair.lab[STRANGER], [first])
        return any("somebody sends again what was sent before" in event["sentence"] for event in lb2.events())

    wait_until("lb2 tells of it", told, pause=0.3)


def test_a_key_is_replaced_without_a_failover(signed_pair: MainstayPair, said: Capture) -> None:
    before = {name: node.router()["transitions"] for name, node in signed_pair.nodes.items()}
    for node in signed_pair.nodes.values():
        node.configure(router_lines=authentication(str(node.node.directory), active=2))
        node.config.write_text(node.settings.yaml())
        node.command("reload")
    changed = now()
    wait_until("lb1 signs with the new key", lambda: len(adverts(said, "lb1", changed)) >= 10)
    assert all(signed_sequence(each.octets, NEW_KEY, 2) for each in adverts(said, "lb1", changed)[4:])
    assert {name: node.router()["transitions"] for name, node in signed_pair.nodes.items()} == before
    for node in signed_pair.nodes.values():
        assert discards(node, "trailer-hmac") <= 1
        assert discards(node, "trailer-key-unknown") == 0


def test_a_key_that_others_can_read_is_refused_and_the_old_one_stays(signed_pair: MainstayPair) -> None:
    node = signed_pair.nodes["lb2"]
    file = node.node.directory / "key1"
    file.chmod(0o644)
    try:
        refused = node.attempt("reload")
        assert refused.status == 3
        assert f"{file}: mode 644 (expected: 0640 or stricter" in refused.output + refused.errors
        assert node.router()["state"] == "BACKUP"
    finally:
        file.chmod(0o640)


def test_the_farewell_of_a_killed_daemon_is_believed(signed_pair: MainstayPair, said: Capture) -> None:
    wait_until("lb1 has advertised", lambda: adverts(said, "lb1"))
    signed_pair.kill("lb1")
    signed_pair.await_active("lb2")
    farewells = [each for each in adverts(said, "lb1") if isinstance(each.packet, Advert) and each.packet.priority == 0]
    assert farewells
    lb2 = signed_pair.nodes["lb2"]
    assert all(signed_sequence(each.octets, *signing_key(signed_pair)) for each in farewells)
    wait_until(
        "lb2 tells why it took over",
        lambda: any("resigned" in event["sentence"] for event in lb2.events()),
    )


def test_a_peer_that_signs_by_itself_takes_over(signed_pair: MainstayPair) -> None:
    """Python as the peer: with the key and a higher priority it is believed, and the Active steps back."""
    active = signed_pair.nodes[signed_pair.active]
    active.await_state("ACTIVE")
    counter = 0

    def heard() -> bool:
        nonlocal counter
        counter += 1
        message = vrrp_message(51, 254, (VIP,))
        message += signature(message, ADDRESSES[STRANGER], NEW_KEY, 2, sequence_at(time.time(), counter))
        inject(signed_pair.lab[STRANGER], [frame(signed_pair, message)])
        state: str = active.router()["state"]
        return state == "BACKUP"

    wait_until(f"{active.name} steps back", heard, pause=0.05)
    # The stranger says no more.
    wait_until("the pair serves again", lambda: any(map(signed_pair.holds_address, signed_pair.nodes)))
