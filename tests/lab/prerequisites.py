# SPDX-License-Identifier: Apache-2.0
"""What the machine must offer, checked before anything starts: one line for each thing that is missing."""

import os
import shutil
import subprocess

COMMANDS = {
    "ip": "iproute2",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}

ISOLATION = ["--fork", "--pid", "--kill-child", "--mount", "--mount-proc", "--net"]
AS_ROOT_OF_ITS_OWN = ["--user", "--map-root-user"]


def missing_commands(commands: dict[str, str] | None = None) -> list[str]:
    """One line for each command that is not there."""
    return [
        f"missing command {command} (Debian package {package})"
        for command, package in {**COMMANDS, **(commands or {})}.items()
        if shutil.which(command) is None
    ]


def isolation() -> list[str] | str:
    """The options of unshare that work here, or the sentence that says why none do."""
    if os.geteuid() == 0:
        reason = refusal(ISOLATION)
        if not reason or not refusal(AS_ROOT_OF_ITS_OWN + ISOLATION):
            return AS_ROOT_OF_ITS_OWN + ISOLATION if reason else ISOLATION
        return f"cannot make namespaces: {reason} (needs CAP_SYS_ADMIN, or user namespaces)"
    reason = refusal(AS_ROOT_OF_ITS_OWN + ISOLATION)
    if reason:
        return (
            f"cannot make namespaces: {reason} (run as root, or allow user namespaces: sysctl user.max_user_namespaces)"
        )
    return AS_ROOT_OF_ITS_OWN + ISOLATION


def refusal(options: list[str]) -> str:
    """Why unshare does not work with these options; empty when it does."""
    attempt = subprocess.run(
        ["unshare", *options, "mount", "-t", "tmpfs", "lab", "/run"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if attempt.returncode == 0:
        return ""
    return (attempt.stderr.strip().splitlines() or [f"exit status {attempt.returncode}"])[-1]
