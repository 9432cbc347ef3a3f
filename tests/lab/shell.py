# SPDX-License-Identifier: Apache-2.0
"""Running a command to its end."""

import subprocess
from collections.abc import Sequence


class CommandFailed(AssertionError):
    """A command that had to work did not."""


def run(command: Sequence[str], *, stdin: str = "", timeout: float = 30.0) -> str:
    """Returns what the command printed; fails with what it said when it exits with another status than zero."""
    done = attempt(command, stdin=stdin, timeout=timeout)
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip()
        raise CommandFailed(f"{' '.join(command)}: exit status {done.returncode}: {said}")
    return done.stdout


def attempt(command: Sequence[str], *, stdin: str = "", timeout: float = 30.0) -> "subprocess.CompletedProcess[str]":
    """Runs the command and leaves the judgement of its exit status to the caller."""
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
