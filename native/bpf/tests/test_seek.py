# SPDX-License-Identifier: Apache-2.0
"""A node that meets a flow in its middle finds the source port that it has, though that was not the first of its choice."""

import pytest

from packets import ACK, RST, SYN, judge
from program import ADOPTED, DATA, DROP, FULL_NAT, LIVE, NAT, PASS, PROBED, REDIRECT, TCP
from test_state import until

CHOICES = 8


def forget_all(node):
    """From here on it is the peer, which knows nothing of the flows."""
    for table in (node.program.flows, node.program.embryos):
        for key in table.keys():
            table.delete(key)


def new_term(node) -> None:
    """Another node was Active, and this one is again."""
    node.program.gate(False)
    now = node.program.ticks()[0]
    until(lambda: node.program.ticks()[0] > now + 1)
    opened = node.program.ticks()[0]
    node.program.gate(True, since=opened)
    until(lambda: node.program.ticks()[0] > opened)


def probed(node, mode=FULL_NAT):
    """A flow that found its first port taken, as its backend sees it."""
    node = node(TCP, mode, ports=(20000, 128))
    node.program.table(0, [0] * 31)
    if mode == NAT:
        # Another service has the same client on the same backend.
        node.program.role(node.addresses.source, ports=(50000, 8))
        node.program.service(node.addresses.source, 443, TCP, NAT, table=(0, 31), sources=(0, 1), service_id=2)
        node.forwarded(node.client(40000).but(destination=node.addresses.source))
        return node, 40000, node.forwarded(node.client(40000))
    for port in range(30000, 30096):
        seen = node.forwarded(node.client(port))
        if embryo(node, port).state & PROBED:
            return node, port, seen
    raise AssertionError("none was probed")


def embryo(node, port):
    return node.program.embryo(node.addresses.client, port, node.addresses.vip, 443, TCP)


def asked(node, answer):
    """The question that leaves for this answer of a backend, back to where that came from."""
    result = node.send(answer, "backends")
    assert result.verdict == REDIRECT and result.frame[:6] == b"\x02\0\0\0\0\x99", node.program.events_seen()
    return judge(result.frame)


@pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])
@pytest.mark.parametrize("reply", ["reset", "another connection"])
def test_the_port_is_found_by_what_the_backend_answers(node, mode, reply):
    node, port, known = probed(node, mode)
    forget_all(node)
    segment = node.client(port, flags=ACK, sequence=7000, acknowledgement=9000, payload=b"data")
    seen = node.forwarded(segment)
    assert seen.source_port != known.source_port and seen.destination == known.destination
    questions = 0
    while seen.source_port != known.source_port:
        wrong = (dict(flags=RST, sequence=9000) if reply == "reset"
                 else dict(flags=ACK, sequence=9000 + (1 << 30), acknowledgement=7004, payload=b"not of this", tcp_options=bytes(12)))
        before = seen
        seen = asked(node, node.answer(seen, **wrong))
        questions += 1
        assert seen.flags == ACK and (seen.sequence, seen.acknowledgement) == (6999, 9000) and not seen.payload
        assert seen.ends[2:] == known.ends[2:] and questions < CHOICES
        assert not node.program.embryo(before.destination, before.destination_port, before.source, before.source_port, TCP)
    assert node.program.event("FLOW_SOUGHT") == questions
    back = node.forwarded(node.answer(seen, flags=ACK, sequence=9000, acknowledgement=7000), "backends")
    assert back.ends == (node.addresses.vip, 443, node.addresses.client, port)
    flow = node.program.flow(node.addresses.client, port, node.addresses.vip, 443, TCP)
    assert flow.state & (ADOPTED | LIVE | PROBED) == ADOPTED | LIVE | PROBED
    assert node.forwarded(segment).ends == known.ends, "what was lost meanwhile goes there too"
    node.forwarded(node.answer(seen, flags=RST, sequence=9000), "backends")
    assert node.program.event("FLOW_SOUGHT") == questions, "a reset of what was found is one"


def test_a_flow_that_met_anothers_search_finds_back_to_its_first_port(node):
    """One asks at the port of the other, who speaks at that very moment and so finds it taken."""
    node, port, known = probed(node)
    owner = next(each for each in range(30000, port)
                 if embryo(node, each).source_port == first_choice(node, port) and not embryo(node, each).state & PROBED)
    forget_all(node)
    wrong = node.forwarded(node.client(port, flags=ACK, sequence=7000, acknowledgement=9000))
    seen = node.forwarded(node.client(owner, flags=ACK, sequence=100, acknowledgement=200))
    assert seen.source_port != wrong.source_port
    asked(node, node.answer(wrong, flags=ACK, sequence=200, acknowledgement=100 + (1 << 28)))
    for _ in range(CHOICES):
        if seen.source_port == wrong.source_port:
            break
        seen = asked(node, node.answer(seen, flags=RST, sequence=200))
    assert seen.source_port == wrong.source_port
    back = node.forwarded(node.answer(seen, flags=ACK, sequence=200, acknowledgement=100), "backends")
    assert back.destination_port == owner


def first_choice(node, port):
    """By a node that knows nothing, on a program of its own tables: what it chooses is put back."""
    saved = [(table, key, table.get(key)) for table in (node.program.flows, node.program.embryos) for key in table.keys()]
    forget_all(node)
    choice = node.forwarded(node.client(port)).source_port
    forget_all(node)
    for table, key, value in saved:
        table.put(key, value)
    return choice


@pytest.mark.parametrize("heard", ["before", "since"])
def test_a_flow_unheard_since_this_node_is_active_gives_its_port_to_one_met_in_its_middle(node, heard):
    node = node(TCP, ports=(20000, 4))
    node.program.table(0, [0] * 31)
    old = node.establish(40000)
    again = next(port for port in range(41000, 41100) if first_choice(node, port) == old.source_port)
    new_term(node)
    if heard == "since":
        node.forwarded(node.answer(old, flags=ACK, sequence=5001, acknowledgement=1001), "backends")
    assert node.forwarded(node.client(41999)).source_port != old.source_port, "a new flow takes what nobody has"
    seen = node.forwarded(node.client(again, flags=ACK, sequence=7000, acknowledgement=9000))
    gone = node.program.flow(node.addresses.client, 40000, node.addresses.vip, 443, TCP) is None
    assert (seen.source_port == old.source_port, gone) == ((True, True) if heard == "before" else (False, False))
    if heard == "since":
        return
    back = node.forwarded(node.answer(seen, flags=ACK, sequence=9000, acknowledgement=7000), "backends")
    assert back.ends == (node.addresses.vip, 443, node.addresses.client, again)
    assert node.forwarded(node.client(40000, flags=ACK, sequence=1001, acknowledgement=5001)).source_port != old.source_port


@pytest.mark.parametrize("said", ["an acknowledgement", "data of the other connection"])
def test_a_new_flow_leaves_the_port_of_a_connection_that_this_node_has_not_heard(node, said):
    node = node(TCP, ports=(20000, 4))
    node.program.table(0, [0] * 31)
    owner = node.establish(40000)
    new = next(port for port in range(41000, 41100) if first_choice(node, port) == owner.source_port)
    forget_all(node)
    seen = node.forwarded(node.client(new))
    assert seen.source_port == owner.source_port
    challenge = node.answer(seen, flags=ACK, sequence=5001, acknowledgement=1001)
    if said == "an acknowledgement":
        assert node.forwarded(challenge, "backends").destination_port == new, "what makes it give its SYN again"
        assert node.send(node.client(new, flags=RST, sequence=1001)).verdict == DROP, "it would end the other connection"
    else:
        assert node.send(challenge.but(payload=b"secret"), "backends").verdict == DROP
    assert not node.program.embryo(seen.destination, seen.destination_port, seen.source, seen.source_port, TCP)
    again = node.establish(new)
    assert again.source_port != owner.source_port
    assert node.program.flow(node.addresses.client, new, node.addresses.vip, 443, TCP).state & (ADOPTED | LIVE | PROBED) == LIVE | PROBED
    back = node.forwarded(node.client(40000, flags=ACK, sequence=1001, acknowledgement=5001))
    assert back.ends == owner.ends, "its place is free"
    assert node.program.event("FLOW_SOUGHT") == 1


def test_a_connection_whose_old_syn_comes_late_is_found_again(node):
    """After a takeover, and before its client has said anything: by an attacker, or delayed."""
    node = node(TCP)
    known = node.establish()
    forget_all(node)
    seen = node.forwarded(node.client())
    assert seen.source_port == known.source_port
    node.forwarded(node.answer(seen, flags=ACK, sequence=5001, acknowledgement=1001), "backends")
    segment = node.client(flags=ACK, sequence=1001, acknowledgement=5001, payload=b"data")
    seen = node.forwarded(segment)
    assert seen.source_port != known.source_port
    for _ in range(CHOICES):
        if seen.source_port == known.source_port:
            break
        seen = asked(node, node.answer(seen, flags=RST, sequence=5001))
    assert seen.source_port == known.source_port
    node.forwarded(node.answer(seen, flags=ACK, sequence=5001, acknowledgement=1001), "backends")
    assert node.forwarded(segment).ends == known.ends
    assert node.program.flow(node.addresses.client, 40000, node.addresses.vip, 443, TCP).state & (ADOPTED | LIVE) == ADOPTED | LIVE


def test_a_new_flow_whose_choices_are_all_anothers_ends_none_of_them(node):
    node = node(TCP)
    seen = node.forwarded(node.client())
    ports = [seen.source_port]
    for _ in range(CHOICES):
        node.forwarded(node.answer(seen, flags=ACK, sequence=5001, acknowledgement=1001), "backends")
        seen = node.forwarded(node.client())
        ports.append(seen.source_port)
    assert len(set(ports[:CHOICES])) == CHOICES and ports[CHOICES] == ports[0], "each once, and the first again"
    assert node.send(node.answer(seen, flags=ACK, sequence=5001, acknowledgement=1001), "backends").verdict == DROP
    assert node.send(node.client(flags=RST, sequence=1001)).verdict == DROP


def test_what_no_choice_knows_is_reset(node):
    node = node(TCP)
    seen = node.forwarded(node.client(flags=ACK, sequence=7000, acknowledgement=9000))
    ports = [seen.source_port]
    for _ in range(CHOICES):
        seen = asked(node, node.answer(seen, flags=RST, sequence=9000))
        ports.append(seen.source_port)
    assert len(set(ports[:CHOICES])) == CHOICES and ports[CHOICES] == ports[0], "each once, and the first again"
    last = node.forwarded(node.answer(seen, flags=RST, sequence=9000), "backends")
    assert last.flags == RST and last.sequence == 9000 and last.destination == node.addresses.client


def test_a_new_flow_seeks_nothing(node):
    node = node(TCP)
    first = node.forwarded(node.client())
    refused = node.forwarded(node.answer(first, flags=RST | ACK, sequence=0, acknowledgement=1001), "backends")
    assert refused.flags == RST | ACK
    assert node.program.event("FLOW_SOUGHT") == 0


def test_a_flood_of_what_was_never_a_flow_makes_few_questions(node):
    node = node(TCP)
    ports = range(10000, 10500)
    seen = [node.forwarded(node.client(port, flags=ACK, sequence=7000, acknowledgement=9000)) for port in ports]
    answers = [node.answer(each, flags=RST, sequence=9000).packet() for each in seen]

    def held_back():
        return any(node.send(answer, "backends").verdict == DROP for answer in answers)

    until(held_back)
    assert node.program.event("FLOW_SOUGHT") > 0


def fronted(node):
    """Mode nat, with a connection that the node has forgotten."""
    node = node(TCP, NAT)
    for backend in node.addresses.backends[:3]:
        node.program.front(backend, 8443, node.addresses.vip, 443)
    first = node.establish()
    forget_all(node)
    return node, first


def test_in_mode_nat_the_connection_of_a_silent_client_goes_on(node):
    node, first = fronted(node)
    answer = node.answer(first, flags=ACK, sequence=5001, acknowledgement=1001, payload=b"pushed")
    seen = node.forwarded(answer, "backends")
    assert seen.ends == (node.addresses.vip, 443, node.addresses.client, 40000) and seen.payload == b"pushed"
    assert node.program.flow(node.addresses.client, 40000, node.addresses.vip, 443, TCP).state == ADOPTED | LIVE | DATA
    assert node.forwarded(node.client(flags=ACK, sequence=1001, acknowledgement=5007)).ends == first.ends
    assert node.program.events_seen() == {"FLOW_ADOPTED": 1}


@pytest.mark.parametrize("why", ["a handshake", "a reset", "another backend", "another port", "the gate is shut", "no service", "to this host"])
def test_other_packets_of_a_backend_are_left_to_the_stack(node, why):
    node, first = fronted(node)
    answer = node.answer(first, flags=ACK, sequence=5001, acknowledgement=1001)
    if why == "a handshake":
        answer = answer.but(flags=SYN | ACK)
    elif why == "a reset":
        answer = answer.but(flags=RST)
    elif why == "another backend":
        answer = answer.but(source=next(each for each in node.addresses.backends[:3] if each != first.destination))
    elif why == "another port":
        answer = answer.but(source_port=8444)
    elif why == "to this host":
        own = "2001:db8:1::1" if ":" in first.destination else "198.18.1.1"
        answers = [answer.but(destination=own, destination_port=port) for port in range(40000, 40030)]
        assert {node.send(each, "backends").verdict for each in answers} == {PASS}, "checks of backends"
        answer = answers[0]
    elif why == "the gate is shut":
        node.program.gate(False)
    else:
        node.program.service(node.addresses.vip, 443, TCP, FULL_NAT, table=(0, 31), sources=(0, 1))
    assert node.send(answer, "backends").verdict == PASS
    assert not node.program.embryos.keys() and not node.program.events_seen()
