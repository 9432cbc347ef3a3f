# SPDX-License-Identifier: Apache-2.0
"""How long backends take, counted by powers of two of microseconds: to accept, and to begin their answer."""

import time

from packets import ACK, PSH, SYN
from program import DSR, NAT, TCP, UDP

TAKES_SECONDS = 0.003


def measured(counts: list[int]) -> int:
    """The bucket of the one thing that was counted."""
    assert sum(counts) == 1, counts
    return counts.index(1)


class Watch:
    """The buckets that are right for something that happens between two moments that are not known exactly."""

    def __init__(self):
        self.earliest = time.monotonic()

    def begun(self) -> None:
        self.latest = time.monotonic()

    def take_time(self) -> None:
        time.sleep(TAKES_SECONDS)
        self.ending = time.monotonic()

    def buckets(self) -> range:
        least, most = (int(seconds * 1e6) for seconds in (self.ending - self.latest, time.monotonic() - self.earliest))
        return range(least.bit_length() - 1, most.bit_length())


def connected(node, port: int = 40000) -> tuple:
    """A handshake in which the backend takes its time; what it saw, and which buckets are right."""
    watch = Watch()
    first = node.forwarded(node.client(port))
    watch.begun()
    watch.take_time()
    node.forwarded(node.answer(first, flags=SYN | ACK, sequence=5000, acknowledgement=1001), "backends")
    right = watch.buckets()
    node.forwarded(node.client(port, flags=ACK, sequence=1001, acknowledgement=5001))
    return first, right


def slot_of(node, seen) -> int:
    return node.addresses.backends.index(seen.destination)


def watched(node):
    for slot in node.slots:
        node.program.measure(slot)
    return node


def test_connect_is_from_syn_to_syn(node):
    node = watched(node(TCP))
    first, right = connected(node)
    connect, first_byte = node.program.latencies(slot_of(node, first))
    assert measured(connect) in right and sum(first_byte) == 0
    assert sum(sum(node.program.latencies(slot)[0]) for slot in node.slots) == 1


def test_a_syn_that_is_repeated_counts_from_the_first(node):
    node = watched(node(TCP))
    watch = Watch()
    first = node.forwarded(node.client())
    watch.begun()
    watch.take_time()
    node.forwarded(node.client())
    for _ in range(2):
        node.forwarded(node.answer(first, flags=SYN | ACK, sequence=5000, acknowledgement=1001), "backends")
    assert measured(node.program.latencies(slot_of(node, first))[0]) in watch.buckets()


def test_first_byte_is_from_data_to_data_and_once_a_connection(node):
    for mode in (0, NAT):
        each = watched(node(TCP, mode))
        first, _ = connected(each)
        watch = Watch()
        each.forwarded(each.client(flags=ACK | PSH, sequence=1001, acknowledgement=5001, payload=b"GET /"))
        watch.begun()
        each.forwarded(each.answer(first, flags=ACK, sequence=5001, acknowledgement=1006), "backends")
        assert sum(each.program.latencies(slot_of(each, first))[1]) == 0, "an acknowledgement is no answer"
        watch.take_time()
        for _ in range(2):
            each.forwarded(each.answer(first, flags=ACK, sequence=5001, acknowledgement=1006, payload=b"200"), "backends")
            each.forwarded(each.client(flags=ACK | PSH, sequence=1006, acknowledgement=5004, payload=b"GET /"))
        assert measured(each.program.latencies(slot_of(each, first))[1]) in watch.buckets()


def test_a_backend_that_speaks_first_answers_nothing(node):
    node = watched(node(TCP))
    first, _ = connected(node)
    node.forwarded(node.answer(first, flags=ACK, sequence=5001, acknowledgement=1001, payload=b"220 ready"), "backends")
    node.forwarded(node.client(flags=ACK | PSH, sequence=1001, acknowledgement=5010, payload=b"HELO"))
    node.forwarded(node.answer(first, flags=ACK, sequence=5010, acknowledgement=1005, payload=b"250 ok"), "backends")
    assert sum(node.program.latencies(slot_of(node, first))[1]) == 0


def test_datagrams_have_a_first_byte_and_no_connect(node):
    node = watched(node(UDP))
    watch = Watch()
    first = node.forwarded(node.client(payload=b"question"))
    watch.begun()
    watch.take_time()
    for _ in range(2):
        node.forwarded(node.answer(first, payload=b"answer"), "backends")
    connect, first_byte = node.program.latencies(slot_of(node, first))
    assert sum(connect) == 0 and measured(first_byte) in watch.buckets()


def test_a_connection_met_in_its_middle_is_not_measured(node):
    node = watched(node(TCP))
    first = node.forwarded(node.client(flags=ACK | PSH, payload=b"more"))
    node.forwarded(node.answer(first, flags=ACK, sequence=2000, acknowledgement=1004, payload=b"an answer"), "backends")
    assert all(sum(counts) == 0 for counts in node.program.latencies(slot_of(node, first)))


def test_a_backend_that_nobody_measures_is_forwarded_to_all_the_same(node):
    node = node(TCP)
    first, _ = connected(node)
    node.forwarded(node.client(flags=ACK | PSH, sequence=1001, acknowledgement=5001, payload=b"GET /"))
    node.forwarded(node.answer(first, flags=ACK, sequence=5001, acknowledgement=1006, payload=b"200"), "backends")
    assert not node.program.latency.keys()


def test_what_a_dsr_backend_answers_is_not_seen(node):
    node = watched(node(TCP, DSR, backend_port=443))
    node.forwarded(node.client())
    node.forwarded(node.client(flags=ACK | PSH, sequence=1001, acknowledgement=5001, payload=b"GET /"))
    assert all(sum(counts) == 0 for slot in node.slots for counts in node.program.latencies(slot))
