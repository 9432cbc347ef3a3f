# SPDX-License-Identifier: Apache-2.0
"""What clients saw between two instants.

Outage: the longest time in which no probe was answered. Probes are ICMP echo requests to the virtual address, one each
interval (1 ms). Take the last answered probe before a lost one and the first answered probe after it: the outage is the
time between their sending, less one interval, as the address may have gone and come back anywhere in the first and the
last interval. A probe counts as answered when the answer arrives within 50 ms. Without a lost probe the outage is 0. An
outage that has not ended when the window closes counts to its end.

The kernel of a node answers probes even when its daemon is dead or frozen. So there is a second figure, coarser and
stricter. Time without service: the longest time in which no request on a new connection was served, that is, answered
right within 200 ms; measured like the outage, by when requests were started.

Failed request: an HTTP request without a complete and right answer within 3 s. Reset connection: an established
connection on which the client received a reset, whether a request was in flight or not.
"""

from collections import Counter
from dataclasses import dataclass, field

from lab.records import Break, ProbeRecord, Record, Request, Reset, Tick


@dataclass(frozen=True)
class Window:
    """From its start until before its end, in nanoseconds of CLOCK_MONOTONIC."""

    start: int
    end: int

    def holds(self, instant: int) -> bool:
        return self.start <= instant < self.end


@dataclass(frozen=True)
class Outage:
    millis: float
    lost_probes: int
    """In the whole window."""
    started: int
    """When the last probe before the longest outage was sent; 0 without an outage."""
    own_gap_millis: float
    """The longest time in the window in which the probe itself did not run; the outage is uncertain by as much."""


@dataclass(frozen=True)
class Figures:
    """One step of a demo or test, as clients saw it."""

    outage: Outage
    without_service_millis: float
    requests: int
    failures: Counter[str]
    resets: Counter[str]
    backends: Counter[str]
    download_breaks: list[str] = field(default_factory=list)
    load_late_millis: float = 0.0

    @property
    def outage_millis(self) -> float:
        """What is told first: the longer of the time without an answered probe and the time without service."""
        return max(self.outage.millis, self.without_service_millis)

    @property
    def failed_requests(self) -> int:
        return self.failures.total()

    @property
    def reset_connections(self) -> int:
        return self.resets.total()


SERVED_WITHIN_NANOS = 200_000_000


def outage(probes: list[ProbeRecord], window: Window, interval_nanos: int) -> Outage:
    sent_in_window = [probe for probe in probes if window.holds(probe.sent)]
    before = next((probe for probe in reversed(probes) if probe.sent < window.start and probe.answered), None)
    last_answered = before.sent if before else window.start - interval_nanos
    previous_sent = last_answered
    longest, started, lost, own_gap = 0, 0, 0, 0
    lost_since_answer = 0
    for probe in sent_in_window:
        if previous_sent >= window.start:
            own_gap = max(own_gap, probe.sent - previous_sent - interval_nanos)
        previous_sent = probe.sent
        if not probe.answered:
            lost += 1
            lost_since_answer += 1
            continue
        if lost_since_answer and probe.sent - last_answered - interval_nanos > longest:
            longest, started = probe.sent - last_answered - interval_nanos, last_answered
        last_answered, lost_since_answer = probe.sent, 0
    if lost_since_answer and window.end - last_answered - interval_nanos > longest:
        longest, started = window.end - last_answered - interval_nanos, last_answered
    return Outage(longest / 1e6, lost, started, own_gap / 1e6)


def without_service_millis(requests: list[Request], window: Window) -> float:
    """For requests on new connections that started in the window, in any order; 0 when each was served."""
    longest, last_served, interrupted = 0, window.start, False
    ordered = sorted(requests, key=lambda request: request.started)
    for request in ordered:
        served = request.outcome == "ok" and request.ended - request.started <= SERVED_WITHIN_NANOS
        if not served:
            interrupted = True
        else:
            if interrupted:
                longest = max(longest, request.started - last_served)
            last_served, interrupted = request.started, False
    if interrupted:
        longest = max(longest, window.end - last_served)
    return longest / 1e6


def figures(probes: list[ProbeRecord], records: list[Record], window: Window, interval_nanos: int) -> Figures:
    requests = [r for r in records if isinstance(r, Request) and window.holds(r.started)]
    return Figures(
        outage=outage(probes, window, interval_nanos),
        without_service_millis=without_service_millis([r for r in requests if r.connection == "new"], window),
        requests=len(requests),
        failures=Counter(request.outcome for request in requests if request.outcome != "ok"),
        resets=Counter(r.connection for r in records if isinstance(r, Reset) and window.holds(r.at)),
        backends=Counter(request.backend for request in requests if request.outcome == "ok"),
        download_breaks=[r.reason for r in records if isinstance(r, Break) and window.holds(r.at)],
        load_late_millis=max((r.late for r in records if isinstance(r, Tick) and window.holds(r.at)), default=0) / 1e6,
    )
