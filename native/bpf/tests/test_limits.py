# SPDX-License-Identifier: Apache-2.0
"""Limits: flows at the same time and new flows a second, of a service, a client and a backend."""

import struct
import threading
import time

import pytest

from packets import ACK, FIN, RST, SYN, Segment, judge
from program import (COUNT, COUNTED, DOWN, DSR, FORGET, FULL_NAT, NAT, READY, REDIRECT, SWEEP, TCP, UDP, UNCOUNT,
                     UNHEALTHY, Program, tuple_key)
from test_access import assert_refused, every_transport, guarded

HOUR = 3_600_000_000_000

every_mode = pytest.mark.parametrize("mode", [FULL_NAT, NAT, DSR], ids=["full_nat", "nat", "dsr"])


def key(node, port=40000, client=None) -> bytes:
    return tuple_key(client or node.addresses.client, port, node.addresses.vip, 443, node.protocol)


def neighbour(node, n: int) -> str:
    """Another client: of another network of 64 bits over IPv6."""
    return f"2001:db8:9:{n:x}::7" if ":" in node.addresses.vip else f"198.18.9.{100 + n}"


def establish(node, port: int = 40000, client: str | None = None):
    """As Node.establish, for any client and mode."""
    def say(**change) -> Segment:
        segment = node.client(port, **change)
        return segment.but(source=client) if client else segment

    first = node.forwarded(say())
    if node.mode == DSR:
        node.forwarded(say(flags=ACK, sequence=1001, acknowledgement=5001))
    elif node.protocol == TCP:
        node.forwarded(node.answer(first, flags=SYN | ACK, sequence=5000, acknowledgement=1001), "backends")
        node.forwarded(say(flags=ACK, sequence=1001, acknowledgement=5001))
    else:
        node.forwarded(node.answer(first), "backends")
    return first


def slot_of(node, seen) -> int:
    return node.addresses.backends.index(seen.destination)


def loads(node) -> int:
    return sum(node.program.load(slot) for slot in node.slots)


def assert_nobody_is_counted(node) -> None:
    assert node.program.live() == 0 and loads(node) == 0 and not any(node.program.clients().values())


# How many at the same time.


@every_transport
def test_a_full_service_turns_new_flows_away_and_goes_on_with_the_others(node, protocol):
    node = guarded(node(protocol), flows=2)
    establish(node, 40000)
    first = establish(node, 40001)
    assert node.program.live() == 2
    assert_refused(node, node.client(40002), "SERVICE_FULL")
    if protocol == TCP:
        node.forwarded(node.client(40001, flags=ACK, sequence=1001, acknowledgement=5001, payload=b"more"))
        node.forwarded(node.client(40001, flags=RST, sequence=1001))
    else:
        node.program.order(FORGET, key(node, 40001))
        assert not node.program.embryos.keys() and len(node.program.flows.keys()) == 2
    assert node.program.live() == 1 and first
    establish(node, 40002)
    assert node.program.live() == 2


def test_what_was_never_answered_fills_nothing(node):
    node = guarded(node(TCP), flows=1, flows_per_client=1)
    for port in range(30000, 30050):
        node.forwarded(node.client(port))
    assert_nobody_is_counted(node)
    establish(node)
    assert node.program.live() == 1


def test_of_those_that_began_together_as_many_get_in_as_may(node):
    node = guarded(node(TCP), flows=1)
    firsts = {port: node.forwarded(node.client(port)) for port in (40000, 40001)}
    for first in firsts.values():
        node.forwarded(node.answer(first, flags=SYN | ACK, sequence=5000, acknowledgement=1001), "backends")
    acknowledged = {port: node.client(port, flags=ACK, sequence=1001, acknowledgement=5001) for port in firsts}
    node.forwarded(acknowledged[40000])
    reset = node.send(acknowledged[40001])
    assert judge(reset.frame).flags == RST and judge(reset.frame).sequence == 5001, "one that the client believes"
    again = node.answer(firsts[40001], flags=SYN | ACK, sequence=5000, acknowledgement=1001)
    told = judge(node.send(again, "backends").frame)
    assert told.flags == RST and told.sequence == 1001 and told.destination == firsts[40001].destination
    assert judge(node.send(node.client(40001, flags=ACK, sequence=1001, acknowledgement=5001, payload=b"GET")).frame).flags == RST
    assert node.program.refused() == {"SERVICE_FULL": 1}, "the same client once"
    assert node.program.live() == 1
    node.forwarded(node.client(40000, flags=RST, sequence=1001))
    assert node.program.live() == 0
    establish(node, 40001)
    assert node.program.live() == 1


def test_an_answer_to_one_datagram_too_many_is_dropped(node):
    node = guarded(node(UDP), flows=1)
    firsts = [node.forwarded(node.client(port)) for port in (40000, 40001)]
    node.forwarded(node.answer(firsts[0]), "backends")
    assert_refused(node, node.answer(firsts[1]), "SERVICE_FULL", "backends")
    node.program.order(FORGET, key(node, 40000))
    node.forwarded(node.answer(firsts[1]), "backends")
    assert node.program.live() == 1


@every_transport
def test_a_client_that_has_enough_leaves_room_for_others(node, protocol):
    node = guarded(node(protocol), flows_per_client=2)
    establish(node, 40000)
    establish(node, 40001)
    assert_refused(node, node.client(40002), "SOURCE_FULL")
    establish(node, 40002, neighbour(node, 1))
    assert sorted(node.program.clients().values()) == [1, 2]
    node.program.order(FORGET, key(node, 40000))
    establish(node, 40002)


def test_clients_whose_addresses_begin_alike_are_one(node):
    node = guarded(node(TCP), flows_per_client=1, ipv4_prefix=24, ipv6_prefix=48)
    establish(node)
    assert_refused(node, node.client().but(source=neighbour(node, 1)), "SOURCE_FULL")
    node.program.door(flows_per_client=1, ipv4_prefix=32, ipv6_prefix=64)
    establish(node, 40000, neighbour(node, 1))
    for client in (None, neighbour(node, 1)):
        node.program.order(FORGET, key(node, 40000, client))
    assert_nobody_is_counted(node)


def test_two_hosts_of_a_network_of_64_bits_are_one(node):
    node = guarded(node(TCP), flows_per_client=1)
    establish(node)
    if ":" in node.addresses.vip:
        assert_refused(node, node.client().but(source="2001:db8:9::1234"), "SOURCE_FULL")
    else:
        establish(node, 40000, "198.18.9.8")


# However flows end.


def end_by_fins(node, first):
    node.forwarded(node.client(flags=FIN | ACK, sequence=1001, acknowledgement=5001))
    if node.mode != DSR:
        node.forwarded(node.answer(first, flags=FIN | ACK, sequence=5001, acknowledgement=1002), "backends")


def end_by_reset_of_the_client(node, first):
    node.forwarded(node.client(flags=RST, sequence=1001))


def end_by_reset_of_the_backend(node, first):
    if node.mode == DSR:
        end_by_fins(node, first)
    else:
        node.forwarded(node.answer(first, flags=RST, sequence=5001), "backends")


def end_by_loss_of_the_backend(node, first):
    for slot in node.slots:
        node.program.backend(slot, node.addresses.backends[slot], 8443, DOWN)
    assert judge(node.send(node.client(flags=ACK, sequence=1001, acknowledgement=5001)).frame).flags == RST


def end_by_the_daemon(node, first):
    node.program.order(FORGET, key(node))
    assert not node.program.flows.keys()


def end_by_a_new_one_in_its_place(node, first):
    """Whose client knows nothing of it; it is not answered."""
    for slot in node.slots:
        node.program.backend(slot, node.addresses.backends[slot], 8443, READY, backend_id=7000 + slot)
    node.forwarded(node.client(sequence=9000))


@every_mode
@pytest.mark.parametrize("end", [end_by_fins, end_by_reset_of_the_client, end_by_reset_of_the_backend,
                                 end_by_loss_of_the_backend, end_by_the_daemon, end_by_a_new_one_in_its_place],
                         ids=lambda end: end.__name__)
def test_however_a_flow_ends_it_is_counted_out_once(node, mode, end):
    node = guarded(node(TCP, mode), flows=10, flows_per_client=10)
    first = establish(node)
    assert node.program.live() == 1 and loads(node) == 1 and list(node.program.clients().values()) == [1]
    end(node, first)
    assert_nobody_is_counted(node)
    for _ in range(2):
        node.send(node.client(flags=ACK, sequence=1002, acknowledgement=5002))
        node.send(node.client(flags=RST, sequence=1002))
        node.program.order(FORGET, key(node))
    assert_nobody_is_counted(node)


def test_a_silent_flow_of_datagrams_is_counted_out_when_its_client_begins_anew(node):
    node = guarded(node(UDP), flows=1, flows_per_client=1)
    establish(node)
    node.program.set_up(udp=0)
    deadline = time.monotonic() + 10
    while node.program.live() == 1:
        node.send(node.client())
        assert time.monotonic() < deadline, "never silent"
    assert_nobody_is_counted(node)


def test_a_flow_that_stays_an_embryo_is_not_counted(node):
    node = guarded(node(TCP, sizes={"flows": 4, "embryos": 4096}), flows=100, flows_per_client=100)
    for port in range(30000, 30060):
        establish(node, port)
    assert node.program.event("FLOW_TABLE_FULL") > 0
    in_table = sum(1 for each in node.program.flows.keys() if each[32:34] != struct.pack(">H", 8443))
    assert node.program.live() == in_table == loads(node) == sum(node.program.clients().values())
    node.program.door(flows=1, flows_per_client=1)
    for port in range(30000, 30060):
        node.forwarded(node.client(port, flags=ACK, sequence=1001, acknowledgement=5001))
    assert not node.program.refused(), "who is in stays in, in whichever table"


@pytest.mark.parametrize("mode", [FULL_NAT, NAT], ids=["full_nat", "nat"])
def test_what_goes_on_from_another_node_is_counted_and_never_turned_away(node, mode):
    node = guarded(node(TCP, mode), flows=1, flows_per_client=1, interval=HOUR, interval_per_client=HOUR)
    for port in (40000, 40001, 40002):
        seen = node.forwarded(node.client(port, flags=ACK))
        node.forwarded(node.answer(seen, flags=ACK, sequence=2000, acknowledgement=1000), "backends")
    assert node.program.live() == 3 and not node.program.refused()
    assert_refused(node, node.client(40003), "SERVICE_FULL")


# What the daemon does.


def test_counting_anew_and_out_is_done_once(node):
    node = guarded(node(TCP), flows_per_client=10)
    establish(node)
    for _ in range(2):
        node.program.order(UNCOUNT, key(node))
        assert_nobody_is_counted(node)
    for _ in range(2):
        node.program.order(COUNT, key(node), door=1)
        assert node.program.live() == 1 and loads(node) == 1 and list(node.program.clients().values()) == [1]
    node.program.door(2, flows_per_client=5)
    node.program.order(COUNT, key(node), door=2)
    assert node.program.live(1) == 0 and node.program.live(2) == 1 and loads(node) == 1
    node.forwarded(node.client(flags=RST, sequence=1001))
    node.program.order(COUNT, key(node), door=2)
    assert node.program.live(2) == 0 and loads(node) == 0, "it has ended"


def test_a_flow_from_before_there_were_limits_can_be_counted(node):
    node = node(TCP)
    establish(node)
    guarded(node, flows=1)
    establish(node, 40001)
    node.program.order(COUNT, key(node), door=1)
    assert node.program.live() == 2, "whatever the limit"
    assert_refused(node, node.client(40002), "SERVICE_FULL")


def test_who_has_no_flows_is_swept_and_who_has_some_stays(node):
    node = guarded(node(TCP), flows_per_client=10)
    establish(node)
    group = node.program.client_counts.keys()[0]
    node.program.order(SWEEP, group=group)
    assert list(node.program.clients().values()) == [1]
    node.program.order(FORGET, key(node))
    node.program.order(SWEEP, group=group)
    assert not node.program.clients()
    establish(node)
    assert list(node.program.clients().values()) == [1]


def test_flows_of_a_door_that_is_gone_end_without_harm(node):
    node = guarded(node(TCP), flows=5)
    establish(node)
    for table in (node.program.doors, node.program.door_states, node.program.refusals):
        table.delete(b"\1\0\0\0")
    node.forwarded(node.client(flags=RST, sequence=1001))
    assert loads(node) == 0
    node.forwarded(node.client(40001))


# How many a second.


@every_transport
def test_as_many_as_in_a_second_come_at_once_and_no_more(node, protocol):
    node = guarded(node(protocol), interval=HOUR)
    node.forwarded(node.client(40000))
    assert_refused(node, node.client(40001), "SERVICE_TOO_FAST")
    node.program.door(interval=10_000_000)
    node.program.door_states.put(b"\1\0\0\0", bytes(16))  # a full bucket
    begun = time.monotonic()
    taken = sum(node.send(node.client(port)).verdict == REDIRECT and node.program.embryo(
        node.addresses.client, port, node.addresses.vip, 443, protocol) is not None for port in range(30000, 30300))
    late = (time.monotonic() - begun) * 100
    assert 100 <= taken <= 101 + late
    deadline = time.monotonic() + 10
    port = 31000
    while node.program.embryo(node.addresses.client, port, node.addresses.vip, 443, protocol) is None:
        assert time.monotonic() < deadline, "the bucket never fills again"
        port += 1
        node.send(node.client(port))


def test_who_is_turned_away_takes_no_token(node):
    node = guarded(node(UDP), interval=100_000_000)
    for port in range(30000, 30500):
        node.send(node.client(port))
    assert node.program.refused()["SERVICE_TOO_FAST"] > 400
    deadline = time.monotonic() + 10
    while node.send(node.client(40000)).verdict != REDIRECT:
        assert time.monotonic() < deadline, "those who were turned away would have taken 49 seconds"


def test_a_repeated_syn_takes_no_second_token(node):
    node = guarded(node(TCP), interval=HOUR, interval_per_client=HOUR)
    for _ in range(5):
        node.forwarded(node.client())
    assert not node.program.refused()
    first = node.forwarded(node.client())
    node.forwarded(node.answer(first, flags=SYN | ACK, sequence=5000, acknowledgement=1001), "backends")
    node.forwarded(node.client(flags=ACK, sequence=1001, acknowledgement=5001))
    assert node.program.live() == 1


def test_a_new_flow_on_the_entry_of_an_old_one_takes_a_token(node):
    node = guarded(node(TCP), interval=HOUR)
    establish(node)
    node.forwarded(node.client(flags=RST, sequence=1001))
    assert_refused(node, node.client(sequence=9000), "SERVICE_TOO_FAST")


@every_transport
def test_a_client_that_is_too_fast_slows_no_other(node, protocol):
    node = guarded(node(protocol), interval_per_client=HOUR)
    node.forwarded(node.client(40000))
    assert_refused(node, node.client(40001), "SOURCE_TOO_FAST")
    node.forwarded(node.client(40000).but(source=neighbour(node, 1)))
    if ":" in node.addresses.vip:
        assert_refused(node, node.client(40000).but(source="2001:db8:9::1234"), "SOURCE_TOO_FAST")


def test_limits_are_asked_in_the_order_of_the_proxy_engine(node):
    """The list, the flows of the service, those of the client, the rate of the client, that of the service."""
    node = guarded(node(TCP), flows=1, flows_per_client=1, interval=HOUR, interval_per_client=HOUR)
    establish(node)
    node.program.access(1, {}, others=False)
    assert_refused(node, node.client(40001), "DENIED")
    node.program.access(1, {}, others=True)
    assert_refused(node, node.client(40001), "SERVICE_FULL")
    node.program.door(flows=9, flows_per_client=1, interval=HOUR, interval_per_client=HOUR)
    assert_refused(node, node.client(40001), "SOURCE_FULL")
    node.program.door(interval=HOUR, interval_per_client=HOUR)
    assert_refused(node, node.client(40001), "SOURCE_TOO_FAST")
    node.program.door(interval=HOUR)
    assert_refused(node, node.client(40001), "SERVICE_TOO_FAST")
    assert node.program.event("DROP_REFUSED") == 5


def test_made_up_clients_cost_no_more_memory_than_there_is(node):
    node = guarded(node(UDP, sizes={"client_rates": 256}), interval_per_client=HOUR)
    for n in range(2000):
        source = f"2001:db8:9:{n:x}::1" if ":" in node.addresses.vip else f"198.19.{n >> 8}.{n & 255}"
        node.forwarded(node.client().but(source=source))
    assert len(node.program.client_rates.keys()) <= 256 and not node.program.refused()


# Backends.


@every_transport
def test_a_full_backend_is_stepped_over_and_goes_on_with_what_it_has(node, protocol):
    node = guarded(node(protocol))
    for slot in node.slots:
        node.program.backend(slot, node.addresses.backends[slot], 8443, limit=2 if slot == 1 else 0)
    seen = {port: slot_of(node, establish(node, port)) for port in range(30000, 30060)}
    assert list(seen.values()).count(1) == 2 == node.program.load(1)
    port = next(port for port, slot in seen.items() if slot == 1)
    assert slot_of(node, node.forwarded(node.client(port, flags=ACK, sequence=1001, acknowledgement=5001))) == 1
    node.program.order(FORGET, key(node, port))
    assert node.program.load(1) == 1
    more = [slot_of(node, establish(node, port)) for port in range(31000, 31060)]
    assert more.count(1) == 1


@every_transport
def test_when_all_backends_are_full_a_client_is_turned_away(node, protocol):
    node = guarded(node(protocol))
    for slot in node.slots:
        node.program.backend(slot, node.addresses.backends[slot], 8443, limit=1)
    for port in range(30000, 30003):
        establish(node, port)
    assert_refused(node, node.client(), "BACKENDS_FULL")
    for slot in node.slots:
        node.program.backend(slot, node.addresses.backends[slot], 8443, UNHEALTHY, limit=1)
    assert_refused(node, node.client(), "NO_BACKEND")
    assert node.program.event("DROP_NO_BACKEND") == 1


def test_of_those_that_began_together_a_backend_gets_as_many_as_it_may_have(node):
    node = guarded(node(TCP), flows=10, flows_per_client=10)
    for slot in node.slots:
        node.program.backend(slot, node.addresses.backends[slot], 8443, state=UNHEALTHY if slot else READY, limit=1)
    for port, first in [(port, node.forwarded(node.client(port))) for port in (40000, 40001)]:
        node.forwarded(node.answer(first, flags=SYN | ACK, sequence=5000, acknowledgement=1001), "backends")
    node.forwarded(node.client(40000, flags=ACK, sequence=1001, acknowledgement=5001))
    assert_refused(node, node.client(40001, flags=ACK, sequence=1001, acknowledgement=5001), "BACKENDS_FULL")
    assert node.program.live() == 1 == loads(node) and list(node.program.clients().values()) == [1]


def test_a_flow_that_goes_on_finds_its_backend_though_it_is_full(node):
    node = guarded(node(TCP))
    chosen = {port: slot_of(node, node.forwarded(node.client(port))) for port in range(30000, 30012)}
    for each in node.program.embryos.keys():
        node.program.embryos.delete(each)
    for slot in node.slots:
        node.program.backend(slot, node.addresses.backends[slot], 8443, limit=1)
    for port, slot in chosen.items():
        seen = node.forwarded(node.client(port, flags=ACK))
        node.forwarded(node.answer(seen, flags=ACK, sequence=2000, acknowledgement=1000), "backends")
        assert slot_of(node, seen) == slot
    assert loads(node) == 12


def test_a_client_without_a_port_is_counted_too(node):
    node = guarded(node(TCP, ports=(20000, 4)))
    node.program.table(0, [0] * 31)
    for port in range(30000, 30004):
        node.forwarded(node.client(port))
    assert_refused(node, node.client(), "NO_RESOURCES")


@pytest.mark.parametrize("state", [UNHEALTHY, DOWN])
def test_a_session_of_datagrams_that_goes_on_with_another_backend_is_not_a_new_one(node, state):
    node = guarded(node(UDP), flows=1, interval=HOUR, interval_per_client=HOUR)
    first = establish(node)
    node.program.backend(slot_of(node, first), first.destination, 8443, state)
    second = establish(node)
    assert second.destination != first.destination and node.program.live() == 1 and not node.program.refused()
    assert_refused(node, node.client(40001), "SERVICE_FULL")


# Processors.


def test_no_limit_is_exceeded_by_flows_that_come_by_several_processors(node):
    node = guarded(node(TCP), flows=50, flows_per_client=60, interval=20_000_000)
    program: Program = node.program
    begun = time.monotonic()

    def together(work) -> None:
        threads = [threading.Thread(target=work, args=(base,)) for base in (10000, 20000, 30000, 40000)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    together(lambda base: [node.send(node.client(port)) for port in range(base, base + 100)])
    admitted = len(program.embryos.keys()) // 2
    assert 40 <= admitted <= 51 + (time.monotonic() - begun) * 50
    assert admitted + program.refused()["SERVICE_TOO_FAST"] == 400
    program.door(flows=50, flows_per_client=60)

    def connect(base: int) -> None:
        for port in range(base, base + 100):
            result = node.send(node.client(port))
            seen = judge(result.frame)
            if not seen.flags & RST:
                node.send(node.answer(seen, flags=SYN | ACK, sequence=5000, acknowledgement=1001), "backends")
                node.send(node.client(port, flags=ACK, sequence=1001, acknowledgement=5001))

    together(connect)
    assert program.live() == 50 == loads(node) == sum(program.clients().values())
    together(lambda base: [node.send(node.client(port, flags=RST, sequence=1001)) for port in range(base, base + 100)])
    assert_nobody_is_counted(node)
    assert all(not struct.unpack_from("<I", program.flows.get(each), 48)[0] & COUNTED for each in program.flows.keys())
