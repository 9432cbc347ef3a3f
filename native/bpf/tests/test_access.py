# SPDX-License-Identifier: Apache-2.0
"""Access lists: who may begin a flow."""

import ipaddress
import random

import pytest

from packets import ACK, RST, SYN, judge
from program import ADOPTED, DROP, DSR, FULL_NAT, NAT, REDIRECT, TCP, UDP

every_transport = pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])


def guarded(node, **limits):
    """The service of the node, judged at door 1."""
    node.program.door(**limits)
    node.program.service(node.addresses.vip, 443, node.protocol, node.mode, table=(0, 31), sources=(0, 1), door=1)
    return node


def own_network(node) -> str:
    return node.addresses.client + ("/64" if ":" in node.addresses.client else "/24")


def network(address: str) -> str:
    return str(ipaddress.ip_network(address, strict=False))


def assert_refused(node, segment, reason: str, side: str = "clients") -> None:
    """A segment is answered by a reset, a datagram dropped, and the reason counted once."""
    before = node.program.refused().get(reason, 0)
    result = node.send(segment, side)
    if node.protocol == UDP:
        assert result.verdict == DROP
    else:
        assert result.verdict == REDIRECT and judge(result.frame).flags & RST, node.program.events_seen()
        assert judge(result.frame).destination == segment.source, "to the sender"
    assert node.program.refused().get(reason, 0) == before + 1


@every_transport
@pytest.mark.parametrize("mode", [FULL_NAT, NAT, DSR], ids=["full_nat", "nat", "dsr"])
def test_a_denied_client_is_turned_away(node, protocol, mode):
    node = guarded(node(protocol, mode))
    node.program.access(1, {network(own_network(node)): False}, others=True)
    assert_refused(node, node.client(), "DENIED")
    assert node.program.event("DROP_REFUSED") == 1 and not node.program.embryos.keys()
    node.program.access(1, {}, others=True)
    node.forwarded(node.client())


@every_transport
def test_with_somebody_allowed_nobody_else_may_come(node, protocol):
    node = guarded(node(protocol))
    node.program.access(1, {"203.0.113.0/24": True}, others=False)
    assert_refused(node, node.client(), "DENIED")
    node.program.access(1, {network(own_network(node)): True}, others=False)
    node.forwarded(node.client())


def test_the_longest_prefix_decides(node):
    node = guarded(node(TCP))
    client = node.addresses.client
    node.program.access(1, {network(own_network(node)): True, client: False}, others=False)
    assert_refused(node, node.client(), "DENIED")
    node.program.access(1, {network(own_network(node)): False, client: True}, others=False)
    node.forwarded(node.client())


def test_a_network_of_one_family_holds_nobody_of_the_other(node):
    node = guarded(node(TCP))
    everybody_else = "0.0.0.0/0" if ":" in node.addresses.client else "::/0"
    node.program.access(1, {everybody_else: False, "::ffff:0:0/96": False}, others=True)
    node.forwarded(node.client())
    node.program.access(1, {everybody_else: True, "::ffff:0:0/96": True}, others=False)
    assert_refused(node, node.client(40001), "DENIED")


def test_a_service_without_a_door_or_without_a_list_takes_everybody(node):
    node = node(TCP)
    node.program.access(1, {}, others=False)
    node.forwarded(node.client())
    guarded(node)
    assert_refused(node, node.client(40001), "DENIED")
    node.program.access_lists.delete(b"\1\0\0\0")
    node.forwarded(node.client(40001))


def test_who_is_in_stays_in_and_is_judged_when_he_comes_again(node):
    node = guarded(node(TCP))
    first = node.establish()
    node.program.access(1, {}, others=False)
    node.forwarded(node.client(flags=ACK, sequence=1001, acknowledgement=5001, payload=b"more"))
    node.forwarded(node.answer(first, flags=ACK, sequence=5001, acknowledgement=1005), "backends")
    node.forwarded(node.client(flags=RST, sequence=1005))
    assert_refused(node, node.client(sequence=9000), "DENIED")
    assert node.program.live() == 0


def test_nobody_gets_in_by_going_on_with_what_never_began(node):
    """A segment from the middle opens an entry, for a connection that came from another node; a SYN on it is a beginning."""
    node = guarded(node(TCP))
    node.program.access(1, {}, others=False)
    assert_refused(node, node.client(flags=ACK), "DENIED")
    node.program.access(1, {}, others=True)
    node.forwarded(node.client(flags=ACK))
    assert node.program.embryo(node.addresses.client, 40000, node.addresses.vip, 443, TCP).state & ADOPTED
    node.program.access(1, {}, others=False)
    assert_refused(node, node.client(), "DENIED")


def test_a_connection_that_comes_from_another_node_goes_on_if_its_client_may_come(node):
    node = guarded(node(TCP, NAT))
    plan = node.addresses
    for backend in plan.backends[:3]:
        node.program.front(backend, 8443, plan.vip, 443)
    node.program.access(1, {}, others=True)
    first = node.forwarded(node.client(flags=ACK))
    for table in (node.program.flows, node.program.embryos):
        for key in table.keys():
            table.delete(key)
    answer = node.answer(first, flags=ACK, sequence=7000, acknowledgement=1000)
    node.program.access(1, {}, others=False)
    assert node.send(answer, "backends").verdict != REDIRECT
    node.program.access(1, {}, others=True)
    node.forwarded(answer, "backends")


def test_any_list_gives_the_answer_of_a_search_through_all_its_entries(node):
    node = guarded(node(UDP))
    program, ipv6 = node.program, ":" in node.addresses.client
    for seed in range(1, 9):
        chance = random.Random(seed)
        # Few different bits, so that networks lie within each other; all below what has a route.
        width, base = (64, ipaddress.ip_address("2001:db8:9::")) if ipv6 else (16, ipaddress.ip_address("198.19.0.0"))
        bits = 128 if ipv6 else 32

        def address():
            few = 0
            for _ in range(chance.randrange(5)):
                few |= 1 << chance.randrange(width)
            return base + few

        verdicts = {}
        for _ in range(chance.randrange(1, 150)):
            verdicts[network(f"{address()}/{chance.randrange(bits - width, bits + 1)}")] = chance.random() < 0.5
        others = chance.random() < 0.5
        program.access(1, verdicts, others)
        networks = [(ipaddress.ip_network(each), allowed) for each, allowed in verdicts.items()]
        for n in range(60):
            client = address()
            holding = [(each.prefixlen, allowed) for each, allowed in networks if client in each]
            expected = max(holding)[1] if holding else others
            taken = node.send(node.client(1024 + seed * 64 + n).but(source=str(client)), "clients").verdict == REDIRECT
            assert taken == expected, f"seed {seed}: {client} in {verdicts}, others {others}"
