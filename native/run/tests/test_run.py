#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of mainstay-run: test_run.py FOLDER-OF-THE-BUILD [PART-OF-A-NAME ...]."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

DEADLINE_SECONDS = 20

FOLDER = Path("build")


def await_that(what, condition):
    """Waits until the condition holds; the deadline is far beyond what it may take."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not in {DEADLINE_SECONDS} s: {what}")
        time.sleep(0.005)


def alive(pid):
    """Whether there is such a process, other than as a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class RunTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.pids = Path(scratch.name) / "pids"
        self.pids.write_text("")

    def start(self, *command, **options):
        process = subprocess.Popen(
            [FOLDER / "mainstay-run", "--", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/bin", "PIDS": str(self.pids)},
            **options,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        return process

    def shell(self, script, **options):
        return self.start("/bin/sh", "-c", script, **options)

    def noted(self, count):
        """The process numbers that the script wrote down, once there are so many."""
        await_that(f"{count} processes have started", lambda: len(self.pids.read_text().split()) >= count)
        return [int(pid) for pid in self.pids.read_text().split()]

    def ended(self, process):
        return process.wait(DEADLINE_SECONDS)

    def assert_all_gone(self, pids):
        for pid in pids:
            await_that(f"process {pid} is gone", lambda: not alive(pid))

    def test_the_status_is_that_of_the_command(self):
        for status in (0, 1, 42, 255):
            self.assertEqual(self.ended(self.shell(f"exit {status}")), status)

    def test_a_signal_shows_in_the_status(self):
        self.assertEqual(self.ended(self.shell("kill -SEGV $$")), 128 + signal.SIGSEGV)

    def test_a_program_that_is_not_there_or_cannot_be_executed_is_named(self):
        missing = self.start("/nonexistent/check")
        self.assertEqual(self.ended(missing), 127)
        self.assertIn(b"/nonexistent/check: No such file", missing.stdout.read())
        self.pids.chmod(0o644)
        plain = self.start(str(self.pids))
        self.assertEqual(self.ended(plain), 126)
        self.assertIn(b"(expected: a program that can be executed)", plain.stdout.read())

    def test_the_path_is_not_searched(self):
        self.assertEqual(self.ended(self.start("true")), 127)

    def test_without_a_command_it_says_how_it_is_used(self):
        process = subprocess.run([FOLDER / "mainstay-run"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.assertEqual(process.returncode, 2)
        self.assertIn(b"usage:", process.stderr)

    def test_the_command_leads_a_session_and_has_nothing_to_read(self):
        process = self.shell("ps -o sid= -p $$ | tr -d ' '; echo $$; cat")
        self.assertEqual(self.ended(process), 0)
        session, own = process.stdout.read().split()
        self.assertEqual(session, own)

    def test_signals_are_as_a_new_program_expects_them(self):
        def ignore():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})

        process = self.shell("grep -E '^Sig(Blk|Ign)' /proc/self/status", preexec_fn=ignore)
        self.assertEqual(self.ended(process), 0)
        masks = re.findall(rb"Sig\w+:\s*([0-9a-f]+)", process.stdout.read())
        # 32 and 33 are the C library's own; it lets nobody touch them.
        reserved = 0b11 << 31
        self.assertEqual([int(mask, 16) & ~reserved for mask in masks], [0, 0])

    def test_the_command_has_no_share_of_the_daemon_in_the_processors(self):
        try:
            os.setpriority(os.PRIO_PROCESS, 0, -5)
        except PermissionError:
            self.skipTest("CAP_SYS_NICE is missing")
        self.addCleanup(os.setpriority, os.PRIO_PROCESS, 0, 0)
        process = self.start("/usr/bin/nice")
        self.assertEqual(process.stdout.read(), b"0\n")
        os.setpriority(os.PRIO_PROCESS, 0, 7)
        process = self.start("/usr/bin/nice")
        self.assertEqual(process.stdout.read(), b"7\n")

    def test_the_end_of_its_input_ends_the_whole_group(self):
        process = self.shell("echo $$ >>$PIDS; sleep 1000 & echo $! >>$PIDS; wait")
        pids = self.noted(2)
        process.stdin.close()
        self.assertEqual(self.ended(process), 137)
        self.assert_all_gone(pids)

    def test_a_command_that_ignores_signals_or_is_stopped_ends_too(self):
        process = self.shell("trap '' TERM INT HUP; echo $$ >>$PIDS; kill -STOP $$")
        pids = self.noted(1)
        process.stdin.close()
        self.assertEqual(self.ended(process), 137)
        self.assert_all_gone(pids)

    def test_what_left_the_group_and_the_session_ends_too(self):
        process = self.shell("setsid sh -c 'echo $$ >>$PIDS; setsid sleep 1000 & echo $! >>$PIDS' & wait; sleep 1000")
        pids = self.noted(2)
        await_that("the middle one has ended", lambda: not alive(pids[0]))
        process.stdin.close()
        self.assertEqual(self.ended(process), 137)
        self.assert_all_gone(pids)

    def test_each_generation_is_found(self):
        process = self.shell(
            "setsid sh -c 'echo $$ >>$PIDS; setsid sh -c \"echo \\$\\$ >>$PIDS; setsid sleep 1000; :\"; :'; :"
        )
        pids = self.noted(2)
        process.stdin.close()
        self.assertEqual(self.ended(process), 137)
        self.assert_all_gone(pids)

    def test_signals_that_ask_it_to_end_do_the_same(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            self.pids.write_text("")
            process = self.shell("echo $$ >>$PIDS; sleep 1000 & echo $! >>$PIDS; wait")
            pids = self.noted(2)
            process.send_signal(number)
            self.assertEqual(self.ended(process), 137)
            self.assert_all_gone(pids)

    def test_the_death_of_the_daemon_ends_the_command(self):
        daemon = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import subprocess, sys, time\n"
                "subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)\n"
                "time.sleep(1000)",
                FOLDER / "mainstay-run",
                "/bin/sh",
                "-c",
                "echo $$ >>$PIDS; sleep 1000 & echo $! >>$PIDS; wait",
            ],
            env={"PATH": "/usr/bin:/bin", "PIDS": str(self.pids)},
        )
        pids = self.noted(2)
        daemon.kill()
        daemon.wait()
        self.assert_all_gone(pids)

    def test_what_runs_on_after_a_command_that_ended_by_itself_is_left_alone(self):
        process = self.shell("setsid sleep 1000 >/dev/null 2>&1 & echo $! >>$PIDS; exit 3")
        self.assertEqual(self.ended(process), 3)
        (left,) = self.noted(1)
        self.assertTrue(alive(left))
        os.kill(left, signal.SIGKILL)

    def test_input_that_says_something_is_not_the_end_of_it(self):
        process = self.shell("echo $$ >>$PIDS; read line </proc/$$/fd/0; while [ ! -e $PIDS.go ]; do :; done; exit 5")
        self.noted(1)
        process.stdin.write(b"x" * 1000)
        process.stdin.flush()
        Path(f"{self.pids}.go").touch()
        self.assertEqual(self.ended(process), 5)


def main():
    global FOLDER
    FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else "build").resolve()
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in sys.argv[2:]] or None
    suite = loader.loadTestsFromTestCase(RunTest)
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    passed = result.testsRun - failed - skipped
    print(f"run ({os.path.relpath(FOLDER)}): {passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed or result.testsRun == 0 else 0)


if __name__ == "__main__":
    main()
