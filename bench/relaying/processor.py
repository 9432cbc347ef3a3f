# SPDX-License-Identifier: Apache-2.0
"""What programs take from the machine, as /proc tells it."""

from pathlib import Path


def with_children(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(task).split():
            found += with_children(int(child))
    return found


def seconds(pid: int) -> float:
    """Processor time of every thread of the process and of its children, user and system."""
    nanos = 0
    for one in with_children(pid):
        for task in Path(f"/proc/{one}/task").glob("*/schedstat"):
            nanos += int((_read(task) or "0").split()[0])
    return nanos / 1e9


def resident_bytes(pid: int) -> int:
    """Memory of the process and its children that is in use; buffers of the kernel's sockets are not in it."""
    total = 0
    for one in with_children(pid):
        for line in _read(Path(f"/proc/{one}/status")).splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) * 1024
    return total


def _read(path: Path) -> str:
    """A thread may end at any time."""
    try:
        return path.read_text()
    except OSError:
        return ""
