# SPDX-License-Identifier: Apache-2.0
"""Medians, and the ratios of each round with their spread."""

import statistics
from collections.abc import Sequence

from relaying.works import Sample, Work

Samples = dict[str, list[Sample]]
"""For each engine what each round gave, in the order of the rounds."""

RIVALS = ("haproxy", "nginx", "before")
"""What ours is compared with, the first of them that does the work, with the same number of workers."""


def table(work: Work, samples: Samples) -> str:
    lines = [f"\n{work.name}: {work.title}"]
    heads = "".join(f"{figure.title:>16}" for figure in work.figures)
    lines.append(f"  {'':<16}{heads}   {'to direct':>20}   {'to rival':>26}")
    for engine, rounds in samples.items():
        values = "".join(
            f"{statistics.median(sample[figure.key] for sample in rounds):>16,.{figure.digits}f}"
            for figure in work.figures
        )
        to_direct = _told(ratios(work, samples, engine, "direct"))
        rival = rival_of(engine, samples)
        to_rival = f"{rival}: {_told(ratios(work, samples, engine, rival))}" if rival else ""
        lines.append(f"  {engine:<16}{values}   {to_direct:>20}   {to_rival:>30}")
    if any(rival_of(engine, samples) for engine in samples) and len(work.figures) > 1:
        lines += _by_figure(work, samples)
    return "\n".join(lines)


def _by_figure(work: Work, samples: Samples) -> Sequence[str]:
    """The ratio to the rival in every figure, for those who are compared."""
    lines = []
    for engine in samples:
        rival = rival_of(engine, samples)
        if rival is None or not engine.startswith("mainstay"):
            continue
        told = ", ".join(
            f"{figure.title} {_told(ratios(work, samples, engine, rival, figure.key))}" for figure in work.figures
        )
        lines.append(f"    {engine} to {rival}: {told}")
    return lines


def rival_of(engine: str, samples: Samples) -> str | None:
    kind, _, workers = engine.partition("/")
    if kind == "direct":
        return None
    for rival in RIVALS:
        name = f"{rival}/{workers}"
        if kind != rival and name in samples:
            return name
        if kind == rival:
            return None
    return None


def ratios(work: Work, samples: Samples, engine: str, base: str, key: str = "") -> list[float]:
    """Round by round, in the first figure of the work unless another one is named."""
    key = key or work.figures[0].key
    if base not in samples or engine == base:
        return []
    return [
        one[key] / other[key]
        for one, other in zip(samples[engine], samples[base], strict=True)
        if other[key] > 0
    ]


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """First quartile, median, third quartile."""
    if len(values) < 2:
        return (values[0],) * 3
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def _told(values: list[float]) -> str:
    if not values:
        return ""
    low, middle, high = quartiles(values)
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"
