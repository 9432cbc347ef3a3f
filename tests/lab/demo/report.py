# SPDX-License-Identifier: Apache-2.0
"""The demo's words on a terminal and its figures as data."""

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from lab.measure import Figures
from lab.pair import Pair
from lab.traffic import Amount

_BOLD, _DIM, _RED, _GREEN, _PLAIN = "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m"

UNCERTAIN_MILLIS = 5.0
"""A load program that did not run for longer than this makes a figure worth a remark."""


@dataclass(frozen=True)
class Played:
    """One step, played."""

    name: str
    title: str
    result: str
    figures: Figures
    failure: str = ""


class Terminal:
    """Plain text; colour only where a person looks on."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._start = time.monotonic()

    def headline(self, text: str) -> None:
        self._print(f"\n{self._in(_BOLD, text)}")

    def line(self, text: str) -> None:
        self._print(f"   {text}")

    def story(self, text: str) -> None:
        self._print(f"   {self._in(_DIM, text)}")

    def figures(self, figures: Figures, good: bool) -> None:
        self._print(f"   {self._in(_GREEN if good else _RED, 'clients saw:')} {in_words(figures)}")

    def problem(self, text: str) -> None:
        self._print(f"   {self._in(_RED, text)}")

    def table(self, steps: list[Played]) -> None:
        rows = [("step", "what happened", "outage", "lost probes", "failed", "requests", "resets")]
        for step in steps:
            f = step.figures
            rows.append(
                (
                    step.title,
                    step.failure and "FAILED" or step.result,
                    f"{f.outage_millis:.0f} ms",
                    str(f.outage.lost_probes),
                    str(f.failed_requests),
                    str(f.requests),
                    str(f.reset_connections),
                )
            )
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        self._print("")
        for number, row in enumerate(rows):
            cells = [
                cell.ljust(width) if column < 2 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            text = "   ".join(cells).rstrip()
            self._print(self._in(_BOLD, text) if number == 0 else text)
            if number == 0:
                self._print("-" * len(text))

    def seconds(self) -> float:
        return time.monotonic() - self._start

    def _in(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._colour else text

    @staticmethod
    def _print(text: str) -> None:
        print(text, flush=True)


def in_words(figures: Figures) -> str:
    parts = [f"outage {figures.outage_millis:.0f} ms"]
    if figures.outage_millis > 0:
        parts[0] += (
            f" (address {figures.outage.millis:.0f} ms, {figures.outage.lost_probes} probes lost;"
            f" service {figures.without_service_millis:.0f} ms)"
        )
    parts.append(f"{figures.failed_requests} of {figures.requests} requests failed{_kinds(figures.failures)}")
    parts.append(f"{figures.reset_connections} connections reset{_kinds(figures.resets)}")
    if figures.download_breaks:
        parts.append(f"download resumed after: {', '.join(figures.download_breaks)}")
    if figures.outage.own_gap_millis > UNCERTAIN_MILLIS:
        parts.append(f"the probe itself stood still for {figures.outage.own_gap_millis:.0f} ms")
    return "; ".join(parts)


def _kinds(counts: "dict[str, int]") -> str:
    return f" ({', '.join(f'{count} {kind}' for kind, count in sorted(counts.items()))})" if counts else ""


def headline(pair: Pair, amount: Amount) -> str:
    kept_per_second = amount.kept * amount.kept_requests_per_second
    return (
        f"{pair.product}, advertisement interval {pair.interval_millis} ms; load: 1000 probes/s, "
        f"{amount.new_per_second:g} requests/s on new connections, {kept_per_second:g}/s on {amount.kept} kept ones, "
        "one download"
    )


def write_json(file: Path, pair: Pair, steps: list[Played]) -> None:
    """Written beside and moved into place, so that nobody reads a half."""
    document = {
        "interval_ms": pair.interval_millis,
        "product": pair.product,
        "steps": [_step(step) for step in steps],
    }
    new = file.with_name(file.name + ".new")
    new.write_text(json.dumps(document, indent=2) + "\n")
    new.replace(file)


def _step(step: Played) -> dict[str, object]:
    f = step.figures
    return {
        "name": step.name,
        "outage_ms": round(f.outage_millis, 1),
        "failed_requests": f.failed_requests,
        "reset_connections": f.reset_connections,
        "address_outage_ms": round(f.outage.millis, 1),
        "service_outage_ms": round(f.without_service_millis, 1),
        "ok": not step.failure,
        "result": step.failure or step.result,
        "requests": f.requests,
        "lost_probes": f.outage.lost_probes,
        "failures": dict(f.failures),
        "resets": dict(f.resets),
        "download_breaks": f.download_breaks,
        "probe_gap_ms": round(f.outage.own_gap_millis, 1),
    }
