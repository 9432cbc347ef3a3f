# SPDX-License-Identifier: Apache-2.0
"""mainstayd under its guard: two processes, of which the guard is the parent."""

import os
import signal
from pathlib import Path

from lab.process import Process
from lab.waiting import wait_until


class Daemon(Process):
    """The guard as its starter has it, with the daemon that it watches."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.name, process._popen, process.log)

    @property
    def daemon_pid(self) -> int:
        """The process that elects and relays; waits for it to be there."""
        return wait_until(f"{self.name} has started its daemon", self._child, 20) or 0

    def _child(self) -> int | None:
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        except OSError:
            return None
        return int(children[0]) if children else None

    def kill_daemon(self) -> None:
        """SIGKILL for the daemon; its guard sees that, acts and ends."""
        os.kill(self.daemon_pid, signal.SIGKILL)
        self.exit_status()

    def kill(self) -> None:
        """Ends both without letting either do anything more, as a crash of the host would."""
        super().freeze()
        child = self._child()
        if child is not None:
            os.kill(child, signal.SIGKILL)
        super().kill()

    def freeze(self) -> None:
        """Stops every thread of the daemon where it stands, not of the guard."""
        os.kill(self.daemon_pid, signal.SIGSTOP)

    def thaw(self) -> None:
        child = self._child()
        if child is not None:
            os.kill(child, signal.SIGCONT)
