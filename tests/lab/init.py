# SPDX-License-Identifier: Apache-2.0
"""The first process in the namespaces of `lab.enter`: prepares them, runs the command, collects orphans."""

import os
import signal
import subprocess
import sys

INSIDE = "MAINSTAY_LAB"
"""Set in the environment of what runs in the namespaces."""


def main(command: list[str]) -> int:
    # Names of network namespaces, sockets and logs live on a /run of our own and vanish with it.
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "lab", "/run"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # Ctrl-C reaches the command itself; this process stays until the command has ended.
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    child = subprocess.Popen(command, env={**os.environ, INSIDE: "1"})
    while True:
        pid, status = os.wait()
        if pid == child.pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
