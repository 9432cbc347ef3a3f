# SPDX-License-Identifier: Apache-2.0
"""python3 -m lab.enter COMMAND...: runs a command in namespaces of its own (processes, mounts, network).

The namespaces and every process in them end with this process, even when it is killed with SIGKILL: each process in
the chain asks the kernel to be killed with its parent, and the first process of a namespace takes all others along.
"""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from lab import prerequisites

PATIENCE_SECONDS = 5.0
"""How long the command may take to say goodbye after Ctrl-C, and the kernel to end the namespaces."""


class Interrupted(Exception):
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main(command: list[str]) -> int:
    problems = prerequisites.missing_commands()
    options = [] if problems else prerequisites.isolation()
    if isinstance(options, str):
        problems = [options]
    for problem in problems:
        print(f"lab: {problem}", file=sys.stderr)
    if problems:
        return 1
    return run(["setpriv", "--pdeathsig", "KILL", "unshare", *options, sys.executable, "-m", "lab.init", *command])


def run(command: list[str]) -> int:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    child = subprocess.Popen(command, env=environment)
    try:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, interrupt)
        return exit_status(child.wait())
    except Interrupted as interrupted:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        return end(child, interrupted.number)


def interrupt(number: int, _: FrameType | None) -> NoReturn:
    raise Interrupted(number)


def end(child: "subprocess.Popen[bytes]", number: int) -> int:
    """Ends the namespaces and returns when their last process is gone."""
    if number == signal.SIGINT:
        # The terminal has told the command too; let it say goodbye.
        try:
            return exit_status(child.wait(timeout=PATIENCE_SECONDS))
        except subprocess.TimeoutExpired:
            pass
    first = first_process_of(child.pid)
    child.kill()
    child.wait()
    if first is not None:
        # Readable once the first process is gone, which the kernel reports after all others in its namespace are.
        poll = select.poll()
        poll.register(first, select.POLLIN)
        poll.poll(PATIENCE_SECONDS * 1000)
    return 128 + number


def exit_status(returned: int) -> int:
    """As a shell tells it."""
    return returned if returned >= 0 else 128 - returned


def first_process_of(unshare: int) -> int | None:
    """A descriptor for the first process of the new process namespace, which unshare forks."""
    try:
        children = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()
        return os.pidfd_open(int(children[0])) if children else None
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
