# SPDX-License-Identifier: Apache-2.0
"""When mainstay-guard gives addresses up, in which order, and when it leaves them alone."""

import os
import signal
import time

from guard_test import ADVERTISE, EXTRA_COPIES, HOLD, LEASE, RESIGN, VIP, VIP6, GuardTest, memory_limit
from lab import add, eventually, holds, resignation, run


class DaemonEnds(GuardTest):
    def test_killed_daemon_loses_its_address_and_resigns(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE)
        killed = time.time_ns()
        guard.kill_child()
        packet, arrived = self.segment.datagram(10)
        self.assertFalse(holds(VIP))
        print(f"kill to resignation on the wire: {(arrived - killed) / 1e6:.2f} ms")
        self.assertEqual(len(self.segment.datagrams(0.3)), EXTRA_COPIES)
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
        self.assertIsNotNone(self.segment.datagram(10))
        guard.process.send_signal(signal.SIGSTOP)
        # The kernel tells of a removal before it returns to the remover: what has been done by now is in the queue.
        self.assertEqual(sorted(self.segment.removed_addresses()), sorted(addresses))
        guard.process.send_signal(signal.SIGCONT)
        guard.wait()

    def test_routers_are_given_up_one_after_the_other(self):
        add(f"{VIP}/24")
        add("198.18.0.20/24")
        first, second = (resignation(vrid=vrid).hex() for vrid in (1, 2))
        guard = self.tenant(*HOLD, "--resign", f"g0,{first}", "--hold", "g0,198.18.0.20,24", "--resign", f"g0,{second}")
        guard.kill_child()
        self.assertEqual([self.segment.datagram(10)[0][21] for _ in range(2)], [1, 2])
        self.assertEqual(self.segment.removed_addresses(), [VIP, "198.18.0.20"])
        guard.wait()

    def test_virtual_mac_is_set_down_after_the_resignation(self):
        run("ip", "link", "add", "link", "g0", "name", "vmac", "address", "00:00:5e:00:01:33", "type", "macvlan", "mode", "bridge")
        try:
            run("ip", "link", "set", "vmac", "up")
            add(f"{VIP}/24", "vmac")
            guard = self.tenant("--hold", f"vmac,{VIP},24", *RESIGN, "--lower", "vmac", *LEASE)
            guard.kill_child()
            self.assertIsNotNone(self.segment.datagram(10))
            self.assertFalse(holds(VIP, "vmac"))
            guard.wait()
            self.assertIn("set 1 of 1 interfaces down", guard.stderr())
            self.assertIn("state DOWN", run("ip", "link", "show", "vmac"))
        finally:
            run("ip", "link", "delete", "vmac")

    def test_link_that_is_gone_counts_as_down(self):
        run("ip", "link", "add", "link", "g0", "name", "vmac", "type", "macvlan", "mode", "bridge")
        guard = self.tenant(*RESIGN, "--lower", "vmac", *LEASE)
        run("ip", "link", "delete", "vmac")
        guard.kill_child()
        self.assertIsNotNone(self.segment.datagram(10))
        guard.wait()
        self.assertIn("set 1 of 1 interfaces down", guard.stderr())

    def test_ipv6_is_given_up_likewise(self):
        add(f"{VIP6}/64")
        datagram = resignation("fe80::1", "ff02::12")
        guard = self.tenant("--hold", f"g0,{VIP6},64", "--resign", f"g0,{datagram.hex()}", *LEASE)
        guard.kill_child()
        self.assertEqual(self.segment.datagram(10)[0], datagram)
        self.assertEqual(self.segment.removed_addresses(), [VIP6])
        self.assertEqual(guard.wait(), 137)

    def test_unicast_peer_is_told(self):
        guard = self.tenant("--resign", f"g0,{resignation(destination='198.18.0.2').hex()}")
        guard.kill_child()
        packet, _ = self.segment.datagram(10)
        self.assertEqual(packet[16:20], bytes([198, 18, 0, 2]))
        guard.wait()

    def test_daemon_that_exits_while_it_holds_is_fenced(self):
        for status, expected in ((0, 70), (5, 5)):
            with self.subTest(status=status):
                add(f"{VIP}/24")
                guard = self.tenant(*HOLD, *RESIGN, *LEASE, "--beats", 3, "--exit", status)
                self.assertEqual(guard.wait(), expected)
                self.assertFalse(holds(VIP))
                self.assertEqual(len(self.segment.datagrams(0.3)), 1 + EXTRA_COPIES)

    def test_daemon_that_hands_over_is_left_alone(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE)
        guard.process.terminate()
        guard.expect("terminated")
        self.assertEqual(guard.wait(), 0)
        self.assertTrue(holds(VIP))
        self.assertEqual(self.segment.datagrams(0.2), [])
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
        self.assertEqual(len(self.segment.datagrams(0.3)), 1 + EXTRA_COPIES)
        said = guard.stderr()
        self.assertIn("removed 2 of 2 addresses and sent 1 of 2 resignations", said)
        self.assertIn("sending a resignation: No such device", said)

    def test_daemon_with_many_threads_and_much_memory_is_fenced_once(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, "--threads", 20, "--memory", 200)
        guard.kill_child()
        self.assertEqual(guard.wait(), 137)
        self.assertFalse(holds(VIP))
        self.assertEqual(len(self.segment.datagrams(0.3)), 1 + EXTRA_COPIES)
        self.assertEqual(guard.stderr().count("fenced:"), 1)

    def test_daemon_killed_for_want_of_memory_is_fenced(self):
        add(f"{VIP}/24")
        with memory_limit(64 << 20) as group:
            if group is None:
                self.skipTest("no control group with a limit of memory can be made")
            before = ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh"]
            guard = self.command(f"{self.folder}/tenant", *HOLD, *RESIGN, "--memory", "200", before=before)
            self.assertEqual(guard.wait(), 137)
        self.assertFalse(holds(VIP))
        self.assertEqual(len(self.segment.datagrams(0.3)), 1 + EXTRA_COPIES)


class DaemonFreezes(GuardTest):
    def frozen(self, *more, **options):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE, *more, **options)
        guard.kill_child(signal.SIGSTOP)
        self.assertIsNotNone(self.segment.datagram(10))
        return guard

    def test_stopped_daemon_is_fenced_at_once_and_sees_it_when_it_wakes(self):
        guard = self.frozen("--lease", 60000)  # of which it has used nothing yet
        self.assertFalse(holds(VIP))
        self.assertEqual(len(self.segment.datagrams(0.3)), EXTRA_COPIES)
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
        self.segment.datagrams(0.3)
        add(f"{VIP}/24")  # as the new Active on the same segment might
        self.assertEqual(self.segment.datagrams(1), [])
        self.assertTrue(holds(VIP))
        self.assertIn("fence 1 ", guard.page())

    def test_daemon_that_dies_frozen_loses_its_address_without_a_second_resignation(self):
        guard = self.frozen()
        self.segment.datagrams(0.3)
        add(f"{VIP}/24")
        guard.kill_child()
        self.assertEqual(guard.wait(), 137)
        self.assertFalse(holds(VIP))
        self.assertEqual(self.segment.datagrams(0.3), [])

    def test_daemon_that_acknowledges_is_watched_anew(self):
        guard = self.frozen("--acknowledge")
        self.segment.datagrams(0.3)
        guard.kill_child(signal.SIGCONT)
        guard.expect("acknowledged")
        self.assertIn(" complete 0 records", guard.page())
        eventually(lambda: "\nlease 0\n" not in guard.page(), "the lease is armed again")
        guard.kill_child(signal.SIGSTOP)
        eventually(lambda: "fence 2 reason" in guard.page(), "the second freeze is noticed")
        self.assertEqual(self.segment.datagrams(0.3), [])

    def test_daemon_whose_election_is_stuck_is_fenced(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE, "--beats", 3)
        self.assertIsNotNone(self.segment.datagram(10))
        self.assertFalse(holds(VIP))
        self.assertIn("fence 1 reason 1 at ", guard.page())
        self.assertIsNone(guard.process.poll())

    def test_daemon_whose_election_thread_ends_is_fenced(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE, "--beats", 30, "--abandon")
        self.assertIsNotNone(self.segment.datagram(10))
        self.assertFalse(holds(VIP))
        self.assertIsNone(guard.process.poll())
        guard.kill_child()
        self.assertEqual(guard.wait(), 137)
        self.assertEqual(guard.stderr().count("fenced:"), 1)

    def test_daemon_that_renews_is_left_alone(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, "--lease", 1000, "--beat", 5)
        self.assertEqual(self.segment.datagrams(3), [])
        self.assertTrue(holds(VIP))
        guard.process.terminate()
        self.assertEqual(guard.wait(), 0)
        self.assertEqual(guard.stderr(), "")

    def test_daemon_that_never_armed_may_freeze(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN)
        guard.kill_child(signal.SIGSTOP)
        self.assertEqual(self.segment.datagrams(1), [])
        self.assertTrue(holds(VIP))

    def test_freeze_of_the_guard_as_well_is_told_as_such(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *LEASE, "--beats", 100)
        guard.process.send_signal(signal.SIGSTOP)
        guard.expect("last beat")
        self.assertEqual(self.segment.datagrams(1), [])  # its lease is over as well
        guard.process.send_signal(signal.SIGCONT)
        self.assertIsNotNone(self.segment.datagram(10))
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
        self.segment.datagrams(3)
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
        self.assertEqual(len(self.segment.datagrams(0.3)), 1 + EXTRA_COPIES)
        os.close(reading)
        os.close(writing)


class DaemonIsLate(GuardTest):
    """A daemon that holds its lease, and does not advertise."""

    PRIORITY = 22  # where it stands in a datagram
    LONG_LEASE = ("--lease", 60000, "--beat", 10)

    def priorities(self, count):
        return [self.segment.datagram(10)[0][self.PRIORITY] for _ in range(count)]

    def test_guard_stands_in_for_it(self):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, *ADVERTISE, *self.LONG_LEASE, "--adverts", 1)
        self.assertEqual(self.priorities(5), [250] * 5)
        self.assertTrue(holds(VIP))
        self.assertRegex(guard.page(), r"\nvoice 0 interval 100000000 due \d+ spoken ([5-9]|\d\d+) at \d+\n")
        self.assertIn("\nfence 0 ", guard.page())

    def test_message_for_one_turn_is_sent_in_that_turn_alone(self):
        turns = [
            part
            for turn in (3, 1, 2)
            for part in ("--advertise", f"g0,{resignation(priority=250 + turn).hex()},{turn}")
        ]
        guard = self.tenant(*HOLD, *turns, "--interval", 100, *self.LONG_LEASE, "--adverts", 1)
        self.assertEqual(self.priorities(3), [251, 252, 253])
        self.assertEqual(self.segment.datagrams(0.5), [])
        self.assertRegex(guard.page(), r"\nvoice 0 interval 100000000 due \d+ spoken 3 at \d+\n")

    def test_guard_is_silent_while_it_advertises_itself(self):
        guard = self.tenant(*HOLD, *RESIGN, *ADVERTISE, "--interval", 2000, *self.LONG_LEASE)
        self.assertEqual(self.segment.datagrams(3), [])
        self.assertIn(" spoken 0 ", guard.page())

    def test_guard_speaks_for_it_no_more_once_it_is_fenced(self):
        guard = self.tenant(*HOLD, *RESIGN, *ADVERTISE, *LEASE, "--adverts", 1, "--beats", 20)
        said = [packet[self.PRIORITY] for packet in self.segment.datagrams(2)]
        self.assertEqual(said[-1 - EXTRA_COPIES :], [0] * (1 + EXTRA_COPIES))
        self.assertEqual(set(said[: -1 - EXTRA_COPIES]), {250})
        self.assertIn("fence 1 reason 1 at ", guard.page())

    def test_guard_that_stood_still_as_well_does_not_speak(self):
        guard = self.tenant(*HOLD, *RESIGN, *ADVERTISE, *self.LONG_LEASE, "--adverts", 1)
        self.assertEqual(self.priorities(1), [250])
        guard.process.send_signal(signal.SIGSTOP)
        self.segment.datagrams(1)  # ten intervals
        guard.process.send_signal(signal.SIGCONT)
        self.assertEqual(self.segment.datagrams(0.5), [])
        self.assertIn("\nfence 0 ", guard.page())

    def test_daemon_that_has_handed_over_is_not_spoken_for(self):
        guard = self.tenant(*HOLD, *RESIGN, *ADVERTISE, *self.LONG_LEASE)
        guard.process.terminate()
        guard.expect("terminated")
        self.assertEqual(self.segment.datagrams(0.5), [])


class PageIsDamaged(GuardTest):
    def fenced_with(self, scribble):
        add(f"{VIP}/24")
        guard = self.tenant(*HOLD, *RESIGN, "--scribble", scribble)
        guard.kill_child()
        self.assertEqual(guard.wait(), 137)
        return len(self.segment.datagrams(0.3)), guard.stderr()

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
