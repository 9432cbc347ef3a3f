# SPDX-License-Identifier: Apache-2.0
"""A process that the lab owns by its handle."""

import signal
import subprocess
from pathlib import Path

from lab.waiting import wait_until


class Process:
    """One running program with its log. Threads: none; call from one thread."""

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]", log: Path) -> None:
        self.name = name
        self.log = log
        self._popen = popen

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def freeze(self) -> None:
        """Stops every thread of the process where it stands, as a stalled host or a long pause would."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """Ends the process without letting it do anything more."""
        self._popen.kill()
        self._popen.wait()

    def terminate(self, seconds: float = 20.0) -> int:
        """Asks the process to end and returns its exit status (negative: the signal that ended it)."""
        self._popen.terminate()
        return self.exit_status(seconds)

    def exit_status(self, seconds: float = 20.0) -> int:
        """Waits for the end of the process."""
        return self._popen.wait(timeout=seconds)

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for_output(self, text: str, seconds: float = 40.0) -> str:
        """Waits for a line that contains the text and returns it."""

        def line() -> str | None:
            return next((line for line in self.output().splitlines() if text in line), None)

        def found_or_ended() -> str | None:
            ended = not self.running
            found = line()
            if found is None and ended:
                raise AssertionError(f"{self.name} ended before it wrote {text!r}; its log:\n{self.output()}")
            return found

        return wait_until(f"{self.name} writes {text!r}", found_or_ended, seconds) or ""
