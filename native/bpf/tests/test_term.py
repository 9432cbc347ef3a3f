# SPDX-License-Identifier: Apache-2.0
"""A node that is Active again: what it knows of flows from before may be another client's by now."""

import pytest

from packets import ACK, FIN, RST, SYN
from program import ADOPTED, DROP, LIVE, TCP
from test_seek import asked, first_choice, forget_all, new_term


def flow_of(node, port=40000):
    return node.program.flow(node.addresses.client, port, node.addresses.vip, 443, TCP)


def known(node):
    """A connection from before: the client has acknowledged up to 5001, and the backend up to 1001."""
    node = node(TCP)
    seen = node.establish()
    new_term(node)
    return node, seen


@pytest.mark.parametrize("flags", [ACK, ACK | FIN], ids=["data", "its end"])
def test_a_backend_whose_numbers_fit_is_heard(node, flags):
    node, seen = known(node)
    answer = node.answer(seen, flags=flags, sequence=5001 + (1 << 20), acknowledgement=1001, payload=b"pushed")
    assert node.forwarded(answer, "backends").ends == (node.addresses.vip, 443, node.addresses.client, 40000)
    assert not node.program.event("DROP_NO_FLOW")


@pytest.mark.parametrize(
    "said", [dict(flags=ACK, sequence=5001 + (1 << 30)), dict(flags=ACK, acknowledgement=1001 + (1 << 30)), dict(flags=RST), dict(flags=RST | ACK)],
    ids=["sequence", "acknowledgement", "reset", "reset and acknowledgement"],
)
def test_what_it_may_have_said_to_another_does_not_get_to_the_client_of_before(node, said):
    """Who would reset it, and with that the connection of the other."""
    node, seen = known(node)
    answer = node.answer(seen, **(dict(sequence=5001, acknowledgement=1001) | said))
    assert node.send(answer, "backends").verdict == DROP
    assert node.program.events_seen() == {"DROP_NO_FLOW": 1}
    assert flow_of(node), "its client may yet speak"
    assert node.forwarded(node.client(flags=ACK, sequence=1001, acknowledgement=5001)).ends == seen.ends
    node.forwarded(node.answer(seen, flags=ACK, sequence=5001, acknowledgement=1001), "backends")
    node.forwarded(node.answer(seen, flags=RST, sequence=5001), "backends")


def test_a_client_that_has_sent_much_meanwhile_is_heard(node):
    node, seen = known(node)
    far = 1001 + (1 << 30)
    assert node.forwarded(node.client(flags=ACK, sequence=far, acknowledgement=5001)).ends == seen.ends
    node.forwarded(node.answer(seen, flags=ACK, sequence=5001, acknowledgement=far), "backends")
    assert flow_of(node).state & (LIVE | ADOPTED) == LIVE, "it was not forgotten"


def test_a_client_who_has_another_port_by_now_finds_it(node):
    """It has made the same connection anew, at the other node, where the port of before was taken."""
    node = node(TCP)
    node.program.table(0, [0] * 31)
    other = next(port for port in range(41000, 49000) if first_choice(node, port) == first_choice(node, 40000))
    node.establish(other)
    true = node.establish()
    forget_all(node)
    wrong = node.establish()
    assert wrong.source_port != true.source_port
    new_term(node)
    segment = node.client(flags=ACK, sequence=7000, acknowledgement=9000, payload=b"data")
    assert node.forwarded(segment).ends == wrong.ends
    assert node.send(node.answer(wrong, flags=RST, sequence=9000), "backends").verdict == DROP
    assert flow_of(node) is None
    seen = node.forwarded(segment)
    for _ in range(8):
        if seen.source_port == true.source_port:
            break
        seen = asked(node, node.answer(seen, flags=RST, sequence=9000))
    assert seen.ends == true.ends
    back = node.forwarded(node.answer(seen, flags=ACK, sequence=9000, acknowledgement=7004), "backends")
    assert back.ends == (node.addresses.vip, 443, node.addresses.client, 40000)


def test_a_new_connection_of_the_client_of_before_does_not_end_that_of_another(node):
    """Its SYN is answered with the numbers of the other, and its reset, which has these, is dropped."""
    node, seen = known(node)
    node.forwarded(node.client(sequence=77))
    challenge = node.answer(seen, flags=ACK, sequence=9000, acknowledgement=7000)
    node.forwarded(challenge, "backends")
    assert node.send(node.client(flags=RST, sequence=7000)).verdict == DROP
    assert node.forwarded(node.client(sequence=77)).source_port != seen.source_port


def test_flows_that_were_heard_are_believed_everything(node):
    node, seen = known(node)
    node.forwarded(node.client(flags=ACK, sequence=1001, acknowledgement=5001))
    node.forwarded(node.answer(seen, flags=ACK, sequence=5001, acknowledgement=1001), "backends")
    node.forwarded(node.answer(seen, flags=ACK, sequence=5001 + (1 << 30), acknowledgement=1001), "backends")
    node.forwarded(node.client(flags=SYN, sequence=77))
    assert flow_of(node).state & LIVE, "a SYN on it is for the backend to judge"
