#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of mainstay-guard with a real kernel: test_guard.py FOLDER-OF-THE-BUILD. Needs root."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest

from lab import Guarded, Segment, add, eventually, holds, resignation, run

FOLDER = "build"
SEGMENT = None

VIP = "198.18.0.10"
VIP6 = "2001:db8::10"
HOLD = ("--hold", f"g0,{VIP},24")
RESIGN = ("--resign", f"g0,{resignation().hex()}")
# Long enough for a busy machine to renew in time, short enough to wait for.
LEASE = ("--lease", 500, "--beat", 10)

EXTRA_COPIES = 2


@contextlib.contextmanager
def memory_limit(octets):
    """A control group, of version 1 or 2, whose processes share so much memory; None where there can be none."""
    for parent, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = f"{parent}/mainstay-guard-test-{os.getpid()}"
        try:
            with open(f"{parent}/cgroup.procs", encoding="ascii"):
                os.mkdir(group)
        except OSError:
            continue
        try:
            if os.path.exists(f"{group}/{limit}"):
                with open(f"{group}/{limit}", "w", encoding="ascii") as file:
                    file.write(str(octets))
                yield group
                return
        finally:
            eventually(lambda: not open(f"{group}/cgroup.procs", encoding="ascii").read(), "the control group is empty")
            os.rmdir(group)
    yield None


class GuardTest(unittest.TestCase):
    def setUp(self):
        SEGMENT.clean()
        self.guards = []

    def tearDown(self):
        for guard in self.guards:
            guard.end()

    def tenant(self, *arguments, **more):
        self.guards.append(Guarded.tenant(FOLDER, *arguments, **more))
        return self.guards[-1]

    def command(self, *command, **more):
        self.guards.append(Guarded(FOLDER, *command, **more))
        return self.guards[-1]

    def outcome(self, *command, **more):
        guard = self.command(*command, **more)
        status = guard.wait()
        return status, guard.process.stdout.read().decode(), guard.stderr()


class DaemonEnds(GuardTest):
    def test_killed_daemon_loses_its_address_and_resigns(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE)
        killed = time.time_ns()
        guard.kill_child()
        packet, arrived = SEGMENT.datagram(10)
        self.assertFalse(holds(VIP))
        print(f"kill to resignation on the wire: {(arrived - killed) / 1e6:.2f} ms")
        self.assertEqual(len(SEGMENT.datagrams(0.3)), EXTRA_COPIES)
        self.assertEqual(guard.wait(), 128 + signal.SIGKILL)
        said = guard.stderr()
        self.assertIn("removed 1 of 1 addresses and sent 1 of 1 resignations", said)
        self.assertIn("killed by signal 9", said)
        # All but the fields that the kernel fills in: identification and checksum of the header.
        wanted = resignation()
        self.assertEqual(packet[:4] + packet[6:10] + packet[12 : len(wanted)], wanted[:4] + wanted[6:10] + wanted[12:])

    def test_addresses_are_gone_before_a_peer_is_told(self):
        # So many that the removal takes longer than this process to notice a datagram that came too early.
        addresses = [f"198.18.{i // 250 + 1}.{i % 250 + 1}" for i in range(3000)]
        run("ip", "-batch", "-", input="".join(f"address add {address}/32 dev g0\n" for address in addresses))
        held = [word for address in addresses for word in ("--hold", f"g0,{address},32")]
        guard = self.tenant(*held, *RESIGN)
        guard.kill_child()
        self.assertIsNotNone(SEGMENT.datagram(10))
        guard.process.send_signal(signal.SIGSTOP)
        # The kernel tells of a removal before it returns to the remover: what has been done by now is in the queue.
        self.assertEqual(sorted(SEGMENT.removed_addresses()), sorted(addresses))
        guard.process.send_signal(signal.SIGCONT)
        guard.wait()

    def test_routers_are_given_up_one_after_the_other(self):
        add(f"{VIP}/24")
        add("198.18.0.20/24")
        first, second = (resignation(vrid=vrid).hex() for vrid in (1, 2))
        guard = self.tenant(*HOLD, "--resign", f"g0,{first}", "--hold", "g0,198.18.0.20,24", "--resign", f"g0,{second}")
        guard.kill_child()
        self.assertEqual([SEGMENT.datagram(10)[0][21] for _ in range(2)], [1, 2])
        self.assertEqual(SEGMENT.removed_addresses(), [VIP, "198.18.0.20"])
        guard.wait()

    def test_ipv6_is_given_up_likewise(self):
        add(f"{VIP6}/64")
        datagram = resignation("fe80::1", "ff02::12")
        guard = self.tenant("--hold", f"g0,{VIP6},64", "--resign", f"g0,{datagram.hex()}", *LEASE)
        guard.kill_child()
        self.assertEqual(SEGMENT.datagram(10)[0], datagram)
        self.assertEqual(SEGMENT.removed_addresses(), [VIP6])
        self.assertEqual(guard.wait(), 137)

    def test_unicast_peer_is_told(self):
        guard = self.tenant("--resign", f"g0,{resignation(destination='198.18.0.2').hex()}")
        guard.kill_child()
        packet, _ = SEGMENT.datagram(10)
        self.assertEqual(packet[16:20], bytes([198, 18, 0, 2]))
        guard.wait()

    def test_daemon_that_exits_while_it_holds_is_fenced(self):
        for status, expected in ((0, 70), (5, 5)):
            with self.subTest(status=status):
                add(f"{VIP}/24")
                guard = self.tenant(*HOLD, *RESIGN, *LEASE, "--beats", 3, "--exit", status)
                self.assertEqual(guard.wait(), expected)
                self.assertFalse(holds(VIP))
                self.assertEqual(len(SEGMENT.datagrams(0.3)), 1 + EXTRA_COPIES)

    def test_daemon_that_hands_over_is_left_alone(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE)
        guard.process.terminate()
        guard.expect("terminated")
        self.assertEqual(guard.wait(), 0)
        self.assertTrue(holds(VIP))
        self.assertEqual(SEGMENT.datagrams(0.2), [])
        self.assertEqual(guard.stderr(), "")

    def test_address_that_is_gone_already_counts_as_removed(self):
        guard = self.tenant(*HOLD, *RESIGN)
        guard.kill_child()
        guard.wait()
        self.assertIn("removed 1 of 1 addresses", guard.stderr())

    def test_interface_that_is_gone_does_not_hold_up_the_rest(self):
        run("ip", "link", "add", "g2", "type", "veth", "peer", "name", "g3")
        add(f"{VIP}/24")
        lost = ("--hold", "g2,198.18.2.10,24", "--resign", f"g2,{resignation().hex()}")
        guard = self.tenant(*lost, *HOLD, *RESIGN)
        run("ip", "link", "delete", "g2")
        guard.kill_child()
        guard.wait()
        self.assertFalse(holds(VIP))
        self.assertEqual(len(SEGMENT.datagrams(0.3)), 1 + EXTRA_COPIES)
        said = guard.stderr()
        self.assertIn("removed 2 of 2 addresses and sent 1 of 2 resignations", said)
        self.assertIn("sending a resignation: No such device", said)

    def test_daemon_with_many_threads_and_much_memory_is_fenced_once(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, "--threads", 20, "--memory", 200)
        guard.kill_child()
        self.assertEqual(guard.wait(), 137)
        self.assertFalse(holds(VIP))
        self.assertEqual(len(SEGMENT.datagrams(0.3)), 1 + EXTRA_COPIES)
        self.assertEqual(guard.stderr().count("fenced:"), 1)

    def test_daemon_killed_for_want_of_memory_is_fenced(self):
        add(f"{VIP}/24")
        with memory_limit(64 << 20) as group:
            if group is None:
                self.skipTest("no control group with a limit of memory can be made")
            before = ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh"]
            guard = self.command(f"{FOLDER}/tenant", *HOLD, *RESIGN, "--memory", "200", before=before)
            self.assertEqual(guard.wait(), 137)
        self.assertFalse(holds(VIP))
        self.assertEqual(len(SEGMENT.datagrams(0.3)), 1 + EXTRA_COPIES)


class DaemonFreezes(GuardTest):
    def frozen(self, *more, **options):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE, *more, **options)
        guard.kill_child(signal.SIGSTOP)
        self.assertIsNotNone(SEGMENT.datagram(10))
        return guard

    def test_stopped_daemon_is_fenced_at_once_and_sees_it_when_it_wakes(self):
        guard = self.frozen("--lease", 60000)  # of which it has used nothing yet
        self.assertFalse(holds(VIP))
        self.assertEqual(len(SEGMENT.datagrams(0.3)), EXTRA_COPIES)
        page = guard.page()
        self.assertIn("\nlease 1\nfence 1 reason 5 at ", page)
        guard.kill_child(signal.SIGCONT)
        guard.expect("fenced reason 5")
        guard.process.terminate()
        self.assertEqual(guard.wait(), 0)
        said = guard.stderr()
        self.assertIn("the daemon was stopped by a signal", said)
        self.assertEqual(said.count("fenced:"), 1)

    def test_frozen_daemon_is_fenced_once_only(self):
        guard = self.frozen()
        SEGMENT.datagrams(0.3)
        add(f"{VIP}/24")  # as the new Active on the same segment might
        self.assertEqual(SEGMENT.datagrams(1), [])
        self.assertTrue(holds(VIP))
        self.assertIn("fence 1 ", guard.page())

    def test_daemon_that_dies_frozen_loses_its_address_without_a_second_resignation(self):
        guard = self.frozen()
        SEGMENT.datagrams(0.3)
        add(f"{VIP}/24")
        guard.kill_child()
        self.assertEqual(guard.wait(), 137)
        self.assertFalse(holds(VIP))
        self.assertEqual(SEGMENT.datagrams(0.3), [])

    def test_daemon_that_acknowledges_is_watched_anew(self):
        guard = self.frozen("--acknowledge")
        SEGMENT.datagrams(0.3)
        guard.kill_child(signal.SIGCONT)
        guard.expect("acknowledged")
        self.assertIn(" complete 0 records", guard.page())
        eventually(lambda: "\nlease 0\n" not in guard.page(), "the lease is armed again")
        guard.kill_child(signal.SIGSTOP)
        eventually(lambda: "fence 2 reason" in guard.page(), "the second freeze is noticed")
        self.assertEqual(SEGMENT.datagrams(0.3), [])

    def test_daemon_whose_election_is_stuck_is_fenced(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE, "--beats", 3)
        self.assertIsNotNone(SEGMENT.datagram(10))
        self.assertFalse(holds(VIP))
        self.assertIn("fence 1 reason 1 at ", guard.page())
        self.assertIsNone(guard.process.poll())

    def test_daemon_whose_election_thread_ends_is_fenced(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE, "--beats", 30, "--abandon")
        self.assertIsNotNone(SEGMENT.datagram(10))
        self.assertFalse(holds(VIP))
        self.assertIsNone(guard.process.poll())
        guard.kill_child()
        self.assertEqual(guard.wait(), 137)
        self.assertEqual(guard.stderr().count("fenced:"), 1)

    def test_daemon_that_renews_is_left_alone(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, "--lease", 1000, "--beat", 5)
        self.assertEqual(SEGMENT.datagrams(3), [])
        self.assertTrue(holds(VIP))
        guard.process.terminate()
        self.assertEqual(guard.wait(), 0)
        self.assertEqual(guard.stderr(), "")

    def test_daemon_that_never_armed_may_freeze(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN)
        guard.kill_child(signal.SIGSTOP)
        self.assertEqual(SEGMENT.datagrams(1), [])
        self.assertTrue(holds(VIP))

    def test_freeze_of_the_guard_as_well_is_told_as_such(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE, "--beats", 400)
        guard.process.send_signal(signal.SIGSTOP)
        self.assertEqual(SEGMENT.datagrams(6), [])  # the last beat is over, and its lease
        guard.process.send_signal(signal.SIGCONT)
        self.assertIsNotNone(SEGMENT.datagram(10))
        self.assertFalse(holds(VIP))
        self.assertIn("fence 1 reason 2 at ", guard.page())
        guard.kill_child()
        guard.wait()
        self.assertIn(", and the guard woke ", guard.stderr())

    def test_daemon_that_stays_frozen_is_killed_on_request(self):
        guard = self.frozen(options=("--kill-after", "200ms"))
        self.assertEqual(guard.wait(), 137)
        self.assertIn("killing it", guard.stderr())

    def test_daemon_that_comes_back_is_not_killed(self):
        guard = self.frozen("--acknowledge", options=("--kill-after", "2s"))
        guard.kill_child(signal.SIGCONT)
        guard.expect("acknowledged")
        SEGMENT.datagrams(3)
        self.assertIsNone(guard.process.poll())

    def test_full_stderr_does_not_hold_up_a_fence(self):
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(writing, True)
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE, stderr=writing)
        guard.kill_child()
        self.assertEqual(guard.wait(), 137)
        self.assertFalse(holds(VIP))
        self.assertEqual(len(SEGMENT.datagrams(0.3)), 1 + EXTRA_COPIES)
        os.close(reading)
        os.close(writing)


class PageIsDamaged(GuardTest):
    def fenced_with(self, scribble):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, "--scribble", scribble)
        guard.kill_child()
        self.assertEqual(guard.wait(), 137)
        return len(SEGMENT.datagrams(0.3)), guard.stderr()

    def test_list_that_was_being_written_does_not_count(self):
        sent, said = self.fenced_with(1)
        self.assertFalse(holds(VIP))
        self.assertEqual(sent, 1 + EXTRA_COPIES)
        self.assertNotIn("damaged", said)

    def test_page_without_its_magic_is_not_used(self):
        sent, said = self.fenced_with(2)
        self.assertTrue(holds(VIP))
        self.assertEqual(sent, 0)
        self.assertIn("damaged; fencing with the 0 records before the damage", said)

    def test_wild_count_is_told(self):
        sent, said = self.fenced_with(3)
        self.assertFalse(holds(VIP))
        self.assertEqual(sent, 1 + EXTRA_COPIES)
        self.assertIn("damaged; fencing with the 2 records before the damage", said)

    def test_wild_count_and_octets_are_told(self):
        sent, said = self.fenced_with(4)
        self.assertFalse(holds(VIP))
        self.assertEqual(sent, 1 + EXTRA_COPIES)
        self.assertIn("damaged; fencing with the 2 records before the damage", said)

    def test_wild_length_ends_the_list(self):
        sent, said = self.fenced_with(5)
        self.assertTrue(holds(VIP))
        self.assertEqual(sent, 0)
        self.assertIn("damaged; fencing with the 0 records before the damage", said)


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
        self.assertEqual(said.count(", locked memory ("), 0 if FOLDER.endswith("asan") else 1)

    def test_guard_works_as_root_of_a_user_namespace(self):
        script = (
            "ip link set lo up && ip address add 198.18.9.1/32 dev lo && "
            f"{FOLDER}/mainstay-guard {FOLDER}/tenant --hold lo,198.18.9.1,32 --lease 500 --beats 2 --exit 0; "
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
            run(f"{FOLDER}/page_dump", "create", path)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            lines = run(f"{FOLDER}/page_dump", path).splitlines()
            self.assertEqual(lines[1:], ["lease 0", "fence 0 reason 0 at 0 late 0", "generation 0 complete 0 records"])


def main():
    global FOLDER, SEGMENT
    FOLDER = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else FOLDER)
    names = sys.argv[2:]
    if os.geteuid() != 0:
        sys.exit("test_guard.py: needs root to make network namespaces")
    SEGMENT = Segment()
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in names] or None
    suite = loader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    skipped = len(result.skipped)
    passed = result.testsRun - failed - skipped
    print(f"guard ({os.path.relpath(FOLDER)}): {passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed or result.testsRun == 0 else 0)


if __name__ == "__main__":
    main()
