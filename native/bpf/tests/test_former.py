# SPDX-License-Identifier: Apache-2.0
"""Answers of backends after a takeover, at the new Active, which does not know whose they are, and at the former, which does."""

import pytest

from packets import ACK, FIN, RST, SYN, judge
from program import ABSENT, DOWN, DROP, FULL_NAT, NAT, PASS, REDIRECT, TCP, UDP
from test_seek import forget_all, new_term
from test_state import until

HOPS = 16

def new_active(node, protocol=TCP, **options):
    """With what the backend says of a connection that only the former Active knows."""
    node = node(protocol, **options)
    seen = node.establish()
    forget_all(node)
    node.program.former(node.addresses.vip, node.addresses.router, node.interfaces.clients)
    return node, node.answer(seen, flags=ACK, sequence=5001, acknowledgement=1001, payload=b"pushed")


def to_former(node, answer, **change):
    """As it leaves for the former Active."""
    result = node.send(answer, "backends")
    assert result.verdict == REDIRECT, node.program.events_seen()
    seen = judge(result.frame)
    expected = answer.but(**change)
    assert seen.ends == (expected.source, expected.source_port, expected.destination, expected.destination_port)
    assert seen.payload == answer.payload
    return seen


@pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])
def test_an_answer_to_nobody_goes_on_to_the_former_active_as_it_is(node, protocol):
    node, answer = new_active(node, protocol)
    assert to_former(node, answer).hops == answer.hops - HOPS
    assert node.program.events_seen() == {"SENT_TO_FORMER": 1}
    assert not node.program.embryos.keys() and not node.program.flows.keys()


@pytest.mark.parametrize("why", ["no former", "a reset", "a handshake", "few hops", "the gate is shut"])
def test_what_is_no_answer_or_has_no_way_does_not(node, why):
    node, answer = new_active(node)
    if why == "no former":
        node.program.formers.delete(node.program.formers.keys()[0])
    elif why == "a reset":
        answer = answer.but(flags=RST)
    elif why == "a handshake":
        answer = answer.but(flags=SYN | ACK)
    elif why == "few hops":
        answer = answer.but(hops=HOPS)
    elif why == "the gate is shut":
        node.program.gate(False)
    assert node.send(answer, "backends").verdict == DROP
    assert node.program.event("SENT_TO_FORMER") == 0


def test_a_flood_to_ports_of_nobody_is_not_sent_on(node):
    node, answer = new_active(node)
    packet = answer.packet()
    until(lambda: any(node.send(packet, "backends").verdict == DROP for _ in range(500)))
    assert node.program.event("SENT_TO_FORMER") and node.program.event("DROP_NO_FLOW")


def test_the_client_that_acknowledges_what_came_that_way_is_known_from_then_on(node):
    node, answer = new_active(node)
    to_former(node, answer)
    node.forwarded(node.client(flags=ACK, sequence=1001, acknowledgement=5007))
    more = answer.but(sequence=5007)
    assert node.forwarded(more, "backends").ends == (node.addresses.vip, 443, node.addresses.client, 40000)
    assert node.program.event("SENT_TO_FORMER") == 1


def test_an_answer_that_is_not_believed_goes_to_the_former_active_too(node):
    node = node(TCP)
    seen = node.establish()
    new_term(node)
    node.program.former(node.addresses.vip, node.addresses.router, node.interfaces.clients)
    to_former(node, node.answer(seen, flags=ACK, sequence=5001 + (1 << 30), acknowledgement=1001))


def former_active(node, protocol=TCP, mode=FULL_NAT):
    node = node(protocol, mode)
    seen = node.establish()
    node.program.gate(False)
    return node, node.answer(seen, flags=ACK, sequence=5001, acknowledgement=1001, payload=b"pushed")


@pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])
def test_the_former_active_sends_it_to_the_client(node, protocol):
    node, answer = former_active(node, protocol)
    seen = node.forwarded(answer, "backends")
    assert seen.ends == (node.addresses.vip, 443, node.addresses.client, 40000) and seen.payload == b"pushed"


def test_a_datagram_that_nobody_answered_yet_is_known_too(node):
    """As a question to a name server, whose only answer crosses the takeover."""
    node = node(UDP)
    first = node.forwarded(node.client())
    node.program.gate(False)
    assert node.forwarded(node.answer(first), "backends").ends == (node.addresses.vip, 443, node.addresses.client, 40000)


@pytest.mark.parametrize(
    "why", ["other numbers", "a reset", "its end", "from the client", "to a virtual router", "another backend has its place", "its backend is down", "mode nat", "an old datagram"]
)
def test_what_else_comes_to_a_shut_gate_goes_to_nobody(node, why):
    mode, protocol = (NAT if why == "mode nat" else FULL_NAT), (UDP if why == "an old datagram" else TCP)
    node, answer = former_active(node, protocol, mode)
    side, expected = "backends", DROP
    if why == "other numbers":
        answer = answer.but(sequence=5001 + (1 << 30))
    elif why == "a reset":
        answer = answer.but(flags=RST)
    elif why == "its end":
        answer, expected = answer.but(flags=ACK | FIN), REDIRECT
    elif why == "from the client":
        answer, side = node.client(flags=ACK, sequence=1001, acknowledgement=5001), "clients"
    elif why == "to a virtual router":
        expected = PASS
        node.program.virtual_macs_are(b"\0\0\x5e\0\x01\x33")
        node.macs = node.macs | {"backends": b"\0\0\x5e\0\x01\x33"}
    elif why == "another backend has its place":
        for slot in node.slots:
            node.program.backend(slot, node.addresses.backends[slot], 8443, ABSENT, backend_id=77)
    elif why == "its backend is down":
        for slot in node.slots:
            node.program.backend(slot, node.addresses.backends[slot], 8443, DOWN)
    elif why == "an old datagram":
        expected = PASS
        node.program.set_up(embryo=1)
        node.program.gate(False)
        now = node.program.ticks()[0]
        until(lambda: node.program.ticks()[0] > now + 2)
    assert node.send(answer, side).verdict == expected
    assert not node.program.event("SENT_RESET")
