# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.demo [OPTION...]: see --help. Runs below `lab.enter`."""

import argparse
import contextlib
import re
import signal
import sys
from pathlib import Path

from lab.backends import Backends
from lab.clock import now
from lab.demo.report import Played, Terminal, headline, write_json
from lab.demo.steps import STEPS, Stage
from lab.keepalived_pair import KeepalivedPair
from lab.mainstay_pair import MainstayPair
from lab.pair import Pair
from lab.topology import Lab
from lab.traffic import Amount, Traffic


def interval(text: str) -> int:
    """Milliseconds of a duration such as 10ms, 100ms or 1s."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s)", text)
    millis = float(match[1]) * (1000 if match[2] == "s" else 1) if match else 0
    if not 10 <= millis <= 40_950 or millis % 10:
        raise argparse.ArgumentTypeError(f"{text} (expected: 10ms..40.95s in steps of 10ms)")
    return int(millis)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev demo",
        description="Two nodes, one address, real traffic, seven failures and repairs; what clients saw of each.",
    )
    parser.add_argument(
        "--interval", type=interval, default=100, metavar="TIME", help="the advertisement interval (default: 100ms)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--stay", action="store_true", help="leave the lab up until Ctrl-C")
    parser.add_argument("--no-build", action="store_true", help="take target/mainstay as it is")
    parser.add_argument(
        "--peer", choices=("keepalived",), help="play the same with keepalived and HAProxy, for comparison"
    )
    return parser.parse_args()


def play(pair: Pair, traffic: Traffic, terminal: Terminal) -> list[Played]:
    """Plays the steps up to the first that fails. Their windows follow each other without a gap."""
    stage = Stage(pair, traffic, terminal.line)
    played: list[Played] = []
    start = now()
    for number, step in enumerate(STEPS, 1):
        terminal.headline(f"{number}  {step.title}")
        failure = result = ""
        try:
            result = step.play(stage)
        except (AssertionError, OSError) as failed:
            failure = str(failed)
        end = now()
        figures = traffic.figures(start, end)
        start = end
        played.append(Played(step.name, step.title, result, figures, failure))
        if not failure:
            for line in pair.story():
                terminal.story(line)
        terminal.figures(figures, good=not failure)
        if failure:
            terminal.problem(failure)
            break
    return played


def stay(lab: Lab, terminal: Terminal) -> None:
    terminal.headline("the lab stays up until Ctrl-C; from another terminal, in the same directory:")
    for command in (
        "lb1 mainstay status",
        "lb2 mainstay events",
        "lb1 mainstay switchover --wait",
        "client ping -c 3 198.18.0.100",
        "switch ip link set lb1 down",
    ):
        terminal.line(f"./dev on {command}")
    terminal.line(f"nodes: switch, {', '.join(lab.nodes)}; ./dev on NODE alone opens a shell there")
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def main() -> int:
    options = arguments()
    terminal = Terminal()
    amount = Amount()
    with Lab() as lab:
        backends = Backends(lab)
        backends.start_all()
        pair: Pair = (KeepalivedPair if options.peer else MainstayPair)(lab, backends, options.interval)
        terminal.headline(headline(pair, amount))
        try:
            pair.start()
            terminal.line(pair.states())
            traffic = Traffic(lab["client"], amount)
            traffic.start()
            traffic.await_flowing()
            pair.story()
        except (AssertionError, OSError) as failure:
            terminal.problem(f"the pair did not start: {failure}")
            return 1
        steps = play(pair, traffic, terminal)
        terminal.table(steps)
        if options.json:
            write_json(options.json, pair, steps)
        failed = [step.title for step in steps if step.failure]
        unplayed = [step.title for step in STEPS[len(steps) :]]
        terminal.line("")
        if failed:
            terminal.problem(
                f"failed: {', '.join(failed)}" + (f"; not played: {', '.join(unplayed)}" if unplayed else "")
            )
            terminal.line(pair.logs())
        else:
            megabytes = traffic.downloaded_bytes() / 1e6
            terminal.line(f"{megabytes:.1f} MB downloaded, every byte right; {terminal.seconds():.0f} s in all")
        if options.stay:
            stay(lab, terminal)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nended; nothing is left behind", file=sys.stderr)
        sys.exit(130)
