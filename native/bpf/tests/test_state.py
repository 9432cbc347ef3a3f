# SPDX-License-Identifier: Apache-2.0
"""The life of a flow: opened, answered, ended, picked anew, reset."""

import socket
import time

import pytest

from packets import ACK, FIN, RST, SYN, Segment, judge
from program import (ABSENT, ADOPTED, BACKEND_FIN, CLIENT_FIN, DATA, DOWN, DRAINING, DROP, DSR, FULL_NAT, LIVE, NAT, PASS,
                     READY, REDIRECT, RESET, TCP, UDP, UNHEALTHY)

translated = pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])


def client_key(node, port=40000):
    return node.addresses.client, port, node.addresses.vip, 443, node.protocol


def back_key(node, seen):
    return seen.destination, seen.destination_port, seen.source, seen.source_port, node.protocol


def live(node) -> int:
    counters = [node.program.traffic_of(slot) for slot in node.slots]
    return sum(each["opened"] - each["closed"] for each in counters)


def slot_of(node, seen) -> int:
    return node.addresses.backends.index(seen.destination)


@translated
def test_a_handshake_moves_the_flow_to_the_table(node, mode):
    node = node(TCP, mode)
    first = node.forwarded(node.client())
    assert node.program.embryo(*client_key(node)) and not node.program.flow(*client_key(node))
    node.forwarded(node.answer(first, flags=SYN | ACK, sequence=5000, acknowledgement=1001), "backends")
    assert node.program.embryo(*client_key(node)), "a forged SYN is answered too"
    node.forwarded(node.client(flags=ACK, acknowledgement=5001))
    flow, back = node.program.flow(*client_key(node)), node.program.flow(*back_key(node, first))
    assert flow.state & LIVE and back.to_client
    assert not node.program.embryo(*client_key(node)) and not node.program.embryo(*back_key(node, first))
    assert live(node) == 1


def test_a_guessed_acknowledgement_proves_nothing(node):
    node = node(TCP)
    first = node.forwarded(node.client())
    node.forwarded(node.answer(first, flags=SYN | ACK, sequence=5000), "backends")
    for guess in (77, 77, 5000 + (1 << 20), 5000, 5000):
        node.forwarded(node.client(flags=ACK, acknowledgement=guess))
    assert not node.program.flow(*client_key(node)) and live(node) == 0
    node.forwarded(node.client(flags=ACK, acknowledgement=5001))
    assert live(node) == 1


def test_a_backend_that_acknowledges_proves_the_client(node):
    node = node(TCP)
    first = node.forwarded(node.client(flags=ACK))
    assert node.program.embryo(*client_key(node)).state == ADOPTED | DATA
    node.forwarded(node.answer(first, flags=ACK), "backends")
    assert node.program.flow(*client_key(node)).state == ADOPTED | LIVE | DATA
    assert live(node) == 1


def test_an_adopted_flow_that_the_backend_resets_was_none(node):
    node = node(TCP)
    seen = node.forwarded(node.client(flags=ACK))
    for _ in range(8):
        seen = judge(node.send(node.answer(seen, flags=RST, sequence=2000), "backends").frame)
    node.forwarded(node.answer(seen, flags=RST, sequence=2000), "backends")
    assert live(node) == 0 and not node.program.flow(*client_key(node))


def test_an_answered_datagram_makes_a_udp_flow(node):
    node = node(UDP)
    first = node.forwarded(node.client())
    node.forwarded(node.client())
    assert live(node) == 0
    node.forwarded(node.answer(first), "backends")
    assert live(node) == 1 and node.program.flow(*client_key(node))


def test_a_dsr_flow_is_believed_at_its_second_segment(node):
    node = node(TCP, DSR)
    node.forwarded(node.client())
    assert live(node) == 0
    node.forwarded(node.client(flags=ACK))
    assert live(node) == 1 and node.program.flow(*client_key(node))
    node.forwarded(node.client(flags=FIN | ACK))
    assert live(node) == 0


@pytest.mark.parametrize("open_since_long", [False, True])
def test_a_dsr_flow_that_was_met_in_its_middle_is_believed_after_a_takeover_alone(node, open_since_long):
    node = node(TCP, DSR)
    node.program.set_up(embryo=100)
    now = node.program.ticks()[0]
    node.program.gate(True, since=now - 10 * 100 if open_since_long else now)
    for _ in range(3):
        seen = node.forwarded(node.client(flags=ACK))
        assert seen.destination == node.addresses.vip
    assert live(node) == (0 if open_since_long else 1)
    assert bool(node.program.embryo(*client_key(node))) == open_since_long


def test_a_flow_ends_with_the_second_fin(node):
    node = node(TCP)
    first = node.establish()
    node.forwarded(node.client(flags=FIN | ACK))
    node.forwarded(node.client(flags=FIN | ACK))
    assert live(node) == 1, "the backend may still send"
    node.forwarded(node.answer(first, flags=ACK, payload=b"rest"), "backends")
    node.forwarded(node.answer(first, flags=FIN | ACK), "backends")
    assert live(node) == 0
    assert node.program.flow(*client_key(node)).state & (CLIENT_FIN | BACKEND_FIN) == CLIENT_FIN | BACKEND_FIN
    node.forwarded(node.client(flags=ACK))
    assert live(node) == 0, "the last acknowledgement still passes"


@pytest.mark.parametrize("side", ["clients", "backends"])
def test_a_reset_ends_a_flow_when_its_sequence_is_plausible(node, side):
    node = node(TCP)
    first = node.establish()
    node.forwarded(node.client(flags=ACK, sequence=1001, acknowledgement=5001))
    node.forwarded(node.answer(first, flags=ACK, sequence=5001, acknowledgement=1001), "backends")
    sender, expected = (node.client, 1001) if side == "clients" else (lambda **change: node.answer(first, **change), 5001)
    node.forwarded(sender(flags=RST, sequence=(expected + (1 << 30)) % (1 << 32)), side)
    assert live(node) == 1, "passed on, not believed"
    node.forwarded(sender(flags=RST, sequence=expected), side)
    assert live(node) == 0 and node.program.flow(*client_key(node)).state & RESET


def test_a_syn_on_a_closed_flow_chooses_anew(node):
    node = node(TCP)
    first = node.establish()
    node.forwarded(node.client(flags=RST, sequence=1001))
    other = next(slot for slot in node.slots if slot != slot_of(node, first))
    node.program.backend(slot_of(node, first), first.destination, 8443, UNHEALTHY)
    second = node.forwarded(node.client(sequence=9000))
    assert second.destination != first.destination
    assert node.program.event("FLOW_REPICKED") == 1
    assert not node.program.flow(*client_key(node)) and not node.program.flow(*back_key(node, first))
    assert live(node) == 0 and node.program.traffic_of(slot_of(node, second))["new"] == 1 and other in node.slots


@pytest.mark.parametrize("state", [UNHEALTHY, DOWN, ABSENT])
def test_a_syn_on_a_flow_of_a_backend_that_fails_chooses_anew(node, state):
    node = node(TCP)
    first = node.establish()
    node.program.backend(slot_of(node, first), first.destination, 8443, state)
    second = node.forwarded(node.client(sequence=9000))
    assert second.destination != first.destination
    assert live(node) == 0


@pytest.mark.parametrize("state", [READY, DRAINING])
def test_a_syn_on_a_live_flow_goes_where_the_flow_is(node, state):
    node = node(TCP)
    first = node.establish()
    node.program.backend(slot_of(node, first), first.destination, 8443, state)
    assert node.forwarded(node.client(sequence=77)).ends == first.ends
    assert live(node) == 1 and node.program.event("FLOW_REPICKED") == 0


@pytest.mark.parametrize("state", [DRAINING, UNHEALTHY])
@pytest.mark.parametrize("protocol", [TCP, UDP], ids=["tcp", "udp"])
def test_what_nobody_answered_leaves_a_backend_that_takes_no_new_flows(node, protocol, state):
    node = node(protocol)
    first = node.forwarded(node.client())
    assert node.forwarded(node.client()).ends == first.ends
    node.program.backend(slot_of(node, first), first.destination, 8443, state)
    assert node.forwarded(node.client()).destination != first.destination


def test_a_repeated_syn_goes_to_the_same_backend(node):
    node = node(TCP)
    assert node.forwarded(node.client()).ends == node.forwarded(node.client()).ends
    assert sum(node.program.traffic_of(slot)["new"] for slot in node.slots) == 1


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "still not so"


def test_a_udp_flow_that_was_silent_chooses_anew(node):
    node = node(UDP)
    first = node.establish()
    node.program.backend(slot_of(node, first), first.destination, 8443, DRAINING)
    assert node.forwarded(node.client()).ends == first.ends
    node.program.set_up(udp=0)
    until(lambda: node.forwarded(node.client()).destination != first.destination)
    assert node.program.event("FLOW_REPICKED") == 1 and live(node) == 0


def test_a_udp_flow_in_which_the_backend_alone_speaks_is_not_silent(node):
    node = node(UDP)
    first = node.establish()
    started = node.program.flow(*client_key(node)).seen
    node.program.set_up(udp=50)
    until(lambda: node.forwarded(node.answer(first), "backends") and node.program.ticks()[0] - started & 0xFFFFFFFF > 60)
    node.program.backend(slot_of(node, first), first.destination, 8443, DRAINING)
    node.forwarded(node.answer(first), "backends")
    assert node.forwarded(node.client()).ends == first.ends


def test_an_unanswered_syn_chooses_anew_after_its_time(node):
    node = node(TCP)
    node.program.set_up(embryo=0)
    node.forwarded(node.client())
    until(lambda: node.forwarded(node.client()) and node.program.event("FLOW_REPICKED") > 0)


@pytest.mark.parametrize("state", [DOWN, ABSENT])
@translated
def test_a_dead_backend_resets_its_flows(node, mode, state):
    node = node(TCP, mode)
    first = node.establish()
    node.program.backend(slot_of(node, first), first.destination, 8443, state)
    request = node.client(flags=ACK, sequence=1001, acknowledgement=5001, payload=b"GET", tcp_options=bytes(12))
    answer = node.send(request)
    assert answer.verdict == REDIRECT
    reset = judge(answer.frame)
    assert reset.ends == (node.addresses.vip, 443, node.addresses.client, 40000)
    assert reset.flags == RST and reset.sequence == 5001 and reset.hops == 64
    assert answer.frame[:12] == b"\x02\0\0\0\0\x99" + b"\x02\0\0\0\0\x01", "back to the sender"
    assert live(node) == 0
    late = judge(node.send(node.answer(first, flags=ACK, sequence=5001, acknowledgement=1001), "backends").frame)
    assert late.ends == back_key(node, first)[2:4] + back_key(node, first)[:2], "the backend, should it live, is told too"
    assert late.flags == RST
    assert node.program.events_seen() == {"SENT_RESET": 2, "DROP_BACKEND_DOWN": 2}


def test_another_backend_in_the_slot_is_another_backend(node):
    node = node(TCP)
    first = node.establish()
    node.program.backend(slot_of(node, first), first.destination, 8443, READY, backend_id=9999)
    assert judge(node.send(node.client(flags=ACK)).frame).flags == RST


@pytest.mark.parametrize("state", [UNHEALTHY, DOWN])
def test_udp_leaves_a_dead_backend_at_once(node, state):
    node = node(UDP)
    first = node.establish()
    node.program.backend(slot_of(node, first), first.destination, 8443, state)
    if state == UNHEALTHY:
        node.forwarded(node.answer(first), "backends")
    assert node.forwarded(node.client()).destination != first.destination
    assert node.send(node.answer(first), "backends").verdict == DROP


def test_resets_are_not_answered_by_resets(node):
    node = node(TCP)
    first = node.establish()
    node.program.backend(slot_of(node, first), first.destination, 8443, DOWN)
    assert node.send(node.client(flags=RST)).verdict == DROP
    assert node.program.event("SENT_RESET") == 0


@pytest.mark.parametrize("state, protocol", [(DRAINING, TCP), (UNHEALTHY, TCP), (DRAINING, UDP)])
def test_no_new_flows_but_live_ones_go_on(node, state, protocol):
    node = node(protocol)
    first = node.establish()
    slot = slot_of(node, first)
    node.program.backend(slot, first.destination, 8443, state)
    assert node.forwarded(node.client(flags=ACK, payload=b"more")).ends == first.ends
    assert node.forwarded(node.answer(first, flags=ACK, payload=b"more"), "backends")
    assert all(slot_of(node, node.forwarded(node.client(port))) != slot for port in range(30000, 30100))
    counters = node.program.traffic_of(slot)
    assert counters["opened"] - counters["closed"] == 1 and counters["new"] == 1


def test_recovery_restores_every_mapping_and_loss_moves_no_other(node):
    node = node(TCP)

    def choices(base):
        return {port: slot_of(node, node.forwarded(node.client(port))) for port in range(base, base + 300)}

    def reset_flows():
        for table in (node.program.flows, node.program.embryos):
            for key in table.keys():
                table.delete(key)

    before = choices(30000)
    reset_flows()
    node.program.backend(1, node.addresses.backends[1], 8443, UNHEALTHY)
    during = choices(30000)
    assert all(during[port] == slot for port, slot in before.items() if slot != 1)
    moved = [during[port] for port, slot in before.items() if slot == 1]
    assert 1 not in moved and min(moved.count(0), moved.count(2)) > len(moved) // 4, "shared by those that remain"
    reset_flows()
    node.program.backend(1, node.addresses.backends[1], 8443, READY)
    assert choices(30000) == before


def test_without_a_backend_a_client_is_refused(node):
    node = node(TCP)
    for slot in node.slots:
        node.program.backend(slot, node.addresses.backends[slot], 8443, UNHEALTHY)
    refusal = judge(node.send(node.client(sequence=700, payload=b"early", tcp_options=bytes(8))).frame)
    assert refusal.flags == RST | ACK and refusal.acknowledgement == 706 and refusal.sequence == 0
    assert refusal.ends == (node.addresses.vip, 443, node.addresses.client, 40000)
    assert node.program.events_seen() == {"DROP_NO_BACKEND": 1, "SENT_RESET": 1}
    node.program.service(node.addresses.vip, 443, TCP, table=(0, 0))
    assert judge(node.send(node.client()).frame).flags == RST | ACK


def test_without_a_backend_a_datagram_is_dropped(node):
    node = node(UDP)
    node.program.service(node.addresses.vip, 443, UDP, table=(0, 0))
    assert node.send(node.client()).verdict == DROP
    assert node.program.events_seen() == {"DROP_NO_BACKEND": 1}


def test_a_full_table_keeps_forwarding_new_flows(node):
    node = node(TCP, sizes={"flows": 4, "embryos": 4096})
    ports = range(30000, 30200)
    for port in ports:
        node.establish(port)
    assert node.program.event("FLOW_TABLE_FULL") > 0
    assert 0 < live(node) < 200
    for port in ports:
        node.forwarded(node.client(port, flags=ACK))


def test_a_flood_of_syns_touches_no_live_flow(node):
    node = node(TCP, sizes={"flows": 4096, "embryos": 256})
    firsts = {port: node.establish(port) for port in range(30000, 30050)}
    for port in range(1024, 20000, 4):
        node.send(node.client(port))
    for port, first in firsts.items():
        assert node.forwarded(node.client(port, flags=ACK)).ends == first.ends
        assert node.forwarded(node.answer(first, flags=ACK), "backends").destination_port == port
    assert live(node) == 50
    node.establish(20001)
    assert live(node) == 51, "a client that answers gets through"


def test_counters_tell_packets_and_octets_of_both_directions(node, plan):
    node = node(TCP)
    first = node.establish()
    node.forwarded(node.client(flags=ACK, payload=bytes(100)))
    counters = node.program.traffic_of(slot_of(node, first))
    header = 60 if ":" in plan.vip else 40
    assert counters == {"packets_in": 3, "octets_in": 3 * header + 100, "packets_out": 1, "octets_out": header,
                        "new": 1, "opened": 1, "closed": 0}


def test_connections_of_the_host_itself_are_not_adopted(node, plan):
    """The proxy engine may have had the service before: what it holds, it keeps."""
    node = node(TCP)
    family = socket.AF_INET6 if ":" in plan.vip else socket.AF_INET
    with socket.create_server(("::" if family == socket.AF_INET6 else "", 0), family=family) as server:
        port = server.getsockname()[1]
        address = "::1" if family == socket.AF_INET6 else "127.0.0.1"
        with socket.create_connection((address, port)) as client, server.accept()[0]:
            node.program.role(address)
            node.program.service(address, port, TCP, table=(0, 31), sources=(0, 1))
            segment = Segment(address, client.getsockname()[1], address, port, flags=ACK)
            assert node.send(segment).verdict == PASS
            assert node.send(segment.but(source_port=1)).verdict != PASS, "a listening socket alone does not count"


def test_answers_to_nobodys_syn_go_to_the_stack(node):
    node = node(TCP)
    assert node.send(node.client(flags=SYN | ACK)).verdict == PASS


def test_the_clock_tells_how_long_a_tick_is(node):
    node = node(TCP)
    ticks, nanoseconds = node.program.ticks()
    until(lambda: node.program.ticks()[0] > ticks + 30)
    later, later_nanoseconds = node.program.ticks()
    assert 50 < (later - ticks) * 1e9 / (later_nanoseconds - nanoseconds) < 1100, "per second"
    node.forwarded(node.client())
    assert 0 <= node.program.embryo(*client_key(node)).seen - (later & 0xFFFFFFFF) < 10_000
