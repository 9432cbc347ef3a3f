# SPDX-License-Identifier: Apache-2.0
"""What mainstay-guard does as the parent of a command, and what it does without privileges."""

import os
import signal
import stat
import subprocess
import sys
import tempfile

from guard_test import HOLD, LEASE, RESIGN, VIP, GuardTest
from lab import add, eventually, holds, run


class GuardAsParent(GuardTest):
    def test_exit_status_is_passed_on(self):
        for status in (0, 1, 3, 255):
            self.assertEqual(self.outcome("sh", "-c", f"exit {status}"), (status, "", ""))

    def test_death_by_signal_is_passed_on(self):
        status, _, said = self.outcome("sh", "-c", "kill -SEGV $$")
        self.assertEqual(status, 128 + signal.SIGSEGV)
        self.assertIn("the daemon was killed by signal 11", said)

    def test_command_that_is_not_there(self):
        status, _, said = self.outcome("mainstay-no-such-command")
        self.assertEqual(status, 127)
        self.assertEqual(said.count("\n"), 1)
        self.assertTrue(said.startswith("mainstay-guard: mainstay-no-such-command: No such file or directory"))

    def test_command_that_cannot_be_executed(self):
        status, _, said = self.outcome("/etc/passwd")
        self.assertEqual(status, 126)
        self.assertIn("mainstay-guard: /etc/passwd: Permission denied", said)

    def test_malformed_options_are_refused(self):
        cases = {
            ("--priority", "100"): "--priority: 100 (expected: 0..99)",
            ("--priority", ""): "--priority:  (expected: 0..99)",
            ("--priority", "5x"): "--priority: 5x (expected: 0..99)",
            ("--kill-after", "5"): "--kill-after: 5 (expected: a duration",
            ("--kill-after", "-1s"): "--kill-after: -1s (expected: a duration",
            ("--kill-after", "99999999999999999999s"): "(expected: a duration",
            ("--kill-after", "s"): "--kill-after: s (expected: a duration",
            ("--nonsense",): "unrecognized option '--nonsense'",
        }
        for options, expected in cases.items():
            with self.subTest(options=options):
                status, _, said = self.outcome("true", options=options)
                self.assertEqual(status, 2)
                self.assertIn(f"mainstay-guard: {expected}" if expected.startswith("-") else expected, said)

    def test_features_of_the_kernel_are_told(self):
        release = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
        status, told, _ = self.outcome(options=("--features",))
        self.assertEqual((status, told), (0, f"descriptors of threads: {'yes' if release >= (6, 9) else 'no'}\n"))

    def test_no_command_is_refused(self):
        status, _, said = self.outcome()
        self.assertEqual(status, 2)
        self.assertIn("no command", said)

    def test_options_of_the_command_are_its_own(self):
        self.assertEqual(self.outcome("echo", "--priority", "-x")[:2], (0, "--priority -x\n"))

    def test_signals_are_forwarded(self):
        guard = self.tenant(*LEASE)
        for number, name in ((signal.SIGINT, "SIGINT"), (signal.SIGHUP, "SIGHUP"), (signal.SIGQUIT, "SIGQUIT")):
            guard.process.send_signal(number)
            guard.expect(f"got {name}")
        guard.process.terminate()
        guard.expect("terminated")
        self.assertEqual(guard.wait(), 0)

    def test_daemon_is_terminated_when_the_guard_is_killed(self):
        guard = self.tenant(*LEASE)
        guard.process.kill()
        guard.expect("terminated")

    def test_daemon_gets_the_page_and_no_other_descriptor(self):
        listing = ["sh", "-c", "ls /proc/$$/fd; ls -lL $MAINSTAY_GUARD_PAGE; readlink $MAINSTAY_GUARD_PAGE"]
        bare = run("sh", "-c", "ls /proc/$$/fd").split()
        *numbers, mode, _, _, _, _, _, _, _, _, target, _ = self.outcome(*listing)[1].split()
        self.assertEqual(len(numbers), len(bare) + 1)
        self.assertEqual(mode, "-rw-------")
        self.assertEqual(target, "/memfd:mainstay-guard")

    def test_page_can_be_neither_cut_nor_stretched(self):
        for size in (0, 1 << 30):
            script = f"import os; os.truncate(os.environ['MAINSTAY_GUARD_PAGE'], {size})"
            self.assertIn("Operation not permitted", self.outcome(sys.executable, "-c", script)[2])

    def test_daemon_inherits_neither_signal_mask_nor_scheduling(self):
        status = self.outcome("grep", "-E", "^(SigBlk|VmLck)", "/proc/self/status")[1].split()
        self.assertEqual(status, ["VmLck:", "0", "kB", "SigBlk:", "0" * 16])
        script = "import os; print(os.sched_getscheduler(0))"
        self.assertEqual(self.outcome(sys.executable, "-c", script)[1], f"{os.SCHED_OTHER}\n")

    def test_daemon_hears_a_hang_up_that_the_guard_was_started_to_ignore(self):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            status = self.outcome("grep", "SigIgn", "/proc/self/status")[1].split()
        finally:
            signal.signal(signal.SIGHUP, before)
        self.assertEqual(int(status[1], 16) & 1 << signal.SIGHUP - 1, 0)

    def test_guard_is_real_time_where_that_is_allowed(self):
        guard = self.tenant(*LEASE, options=("--priority", "61"))
        pid = guard.process.pid
        eventually(lambda: os.sched_getscheduler(pid) & ~os.SCHED_RESET_ON_FORK == os.SCHED_FIFO, "it is real-time")
        self.assertEqual(os.sched_getparam(guard.process.pid).sched_priority, 61)

    def test_guard_leaves_the_scheduling_alone_on_request(self):
        guard = self.tenant(*LEASE, options=("--priority", "0"))
        guard.process.terminate()
        self.assertEqual(guard.wait(), 0)
        self.assertEqual(guard.stderr(), "")

    def test_standard_streams_are_the_daemons(self):
        guard = self.command("sh", "-c", "cat; echo to stderr >&2", stdin=subprocess.PIPE)
        out, err = guard.process.communicate(b"through and through", timeout=30)
        self.assertEqual((out, err), (b"through and through", b"to stderr\n"))

    def test_watchdog_of_systemd_is_handed_over(self):
        script = "test $WATCHDOG_PID = $$ && test $LISTEN_PID = $$ && echo $NOTIFY_SOCKET"
        environment = {"WATCHDOG_PID": "1", "LISTEN_PID": "1", "NOTIFY_SOCKET": "@notify"}
        self.assertEqual(self.outcome("sh", "-c", script, environment=environment)[:2], (0, "@notify\n"))
        script = "echo ${WATCHDOG_PID-unset} ${LISTEN_PID-unset}"
        self.assertEqual(self.outcome("sh", "-c", script)[1], "unset unset\n")

    def test_ignored_child_signal_of_the_parent_does_no_harm(self):
        before = [sys.executable, "-c", "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
                  "os.execv(sys.argv[1], sys.argv[1:])"]
        self.assertEqual(self.outcome("sh", "-c", "exit 7", before=before)[0], 7)


class LessPrivilege(GuardTest):
    NONE = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]

    def test_guard_without_capabilities_says_what_it_cannot_do(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE, before=self.NONE)
        guard.kill_child()
        self.assertEqual(guard.wait(), 137)
        self.assertTrue(holds(VIP))
        said = guard.stderr()
        for line in (
            "warning: cannot remove addresses for the daemon: CAP_NET_ADMIN is missing",
            "warning: cannot resign for the daemon over IPv4: raw socket: Operation not permitted",
            "warning: cannot resign for the daemon over IPv6: raw socket: Operation not permitted",
            "removed 0 of 1 addresses and sent 0 of 1 resignations",
            "removing an address: Operation not permitted",
        ):
            self.assertIn(line, said)

    def test_lack_of_real_time_is_one_warning(self):
        guard = self.tenant(*LEASE, before=["prlimit", "--rtprio=0", "--memlock=0", *self.NONE])
        guard.process.terminate()
        self.assertEqual(guard.wait(), 0)
        said = guard.stderr()
        self.assertEqual(said.count("running without real-time priority (Operation not permitted)"), 1)
        # AddressSanitizer turns mlockall into nothing.
        self.assertEqual(said.count(", locked memory ("), 0 if self.folder.endswith("asan") else 1)

    def test_guard_works_as_root_of_a_user_namespace(self):
        script = (
            "ip link set lo up && ip address add 198.18.9.1/32 dev lo && "
            f"{self.folder}/mainstay-guard {self.folder}/tenant --hold lo,198.18.9.1,32 "
            "--lease 5000 --beats 2 --exit 0; "
            "echo status $?; ip address show dev lo"
        )
        private = ["unshare", "--user", "--map-root-user", "--net"]
        allowed = subprocess.run([*private, "true"], check=False, stderr=subprocess.PIPE)
        if allowed.returncode != 0:
            self.skipTest(f"user namespaces are not allowed: {allowed.stderr.decode().strip()}")
        out = run(*private, "sh", "-c", script, stderr=subprocess.DEVNULL)
        self.assertIn("status 70", out)
        self.assertNotIn("198.18.9.1", out)


class PageDump(GuardTest):
    def test_created_file_is_an_empty_page(self):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/page"
            run(f"{self.folder}/page_dump", "create", path)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            lines = run(f"{self.folder}/page_dump", path).splitlines()
            self.assertEqual(lines[1:], ["lease 0", "fence 0 reason 0 at 0 late 0", "generation 0 complete 0 records"])
