// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpFamily;
import io.mainstay.net.VirtualAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is said when the kernel refuses for want of a privilege, each time on a thread that has given up all. */
@Tag("native")
class PrivilegesNativeTest {

    @RegisterExtension
    private final VethLab lab = new VethLab();

    private static <T> T onThread(Callable<T> task) {
        FutureTask<T> future = new FutureTask<>(task);
        Thread.ofPlatform().start(future);
        return NetworkNamespace.result(future);
    }

    private static KernelException refusalOf(KernelCall call) {
        return onThread(() -> {
            TestCalls.dropAllCapabilities();
            try {
                call.run();
            } catch (KernelException e) {
                return e;
            }
            throw new AssertionError("was not refused");
        });
    }

    private interface KernelCall {
        void run() throws KernelException;
    }

    @Test
    void openingTheKernelNamesTheSocketAndTheCapability() {
        KernelException refusal = refusalOf(() -> LinuxKernel.open().close());

        assertThat(refusal)
                .hasMessage("open packet socket for announcements (needs CAP_NET_RAW and CAP_NET_ADMIN):"
                        + " operation not permitted (errno 1)");
        assertThat(refusal.errno()).isEqualTo(Errno.EPERM);
    }

    @Test
    void openingAnInterfaceNamesTheSocketAndTheCapability() {
        KernelException refusal = refusalOf(() -> {
            try (NetlinkSocket netlink = NetlinkSocket.open()) {
                NetlinkLinkTable links = new NetlinkLinkTable(netlink);
                try (LinuxKernelEvents events = LinuxKernelEvents.open(links, new LinuxMonotonicClock())) {
                    events.open(VethLab.NEAR, Set.of(IpFamily.IPV4)).close();
                }
            }
        });

        assertThat(refusal)
                .hasMessage("open VRRP socket for IPv4 on near0 (needs CAP_NET_RAW and CAP_NET_ADMIN):"
                        + " operation not permitted (errno 1)");
    }

    @Test
    void addingAnAddressNamesAddressAndInterface() {
        KernelException refusal = refusalOf(() -> {
            try (NetlinkSocket netlink = NetlinkSocket.open()) {
                new NetlinkAddressTable(netlink, new NetlinkLinkTable(netlink))
                        .add(VethLab.NEAR, VirtualAddress.parse("198.18.0.10/24"));
            }
        });

        assertThat(refusal).hasMessage("add 198.18.0.10/24 to near0: operation not permitted (errno 1)");
    }

    @Test
    void realTimeSchedulingIsGrantedOrRefusedWithAReason() {
        Optional<String> refusal = onThread(() -> {
            Optional<String> reason = ThreadScheduling.useRealTime(10);
            if (reason.isEmpty()) {
                assertThat(schedulingPolicy()).as("SCHED_FIFO").isEqualTo("1");
            }
            return reason;
        });

        assertThat(refusal)
                .satisfiesAnyOf(
                        reason -> assertThat(reason).isEmpty(),
                        reason -> assertThat(reason)
                                .contains("real-time scheduling with priority 10 (needs CAP_SYS_NICE):"
                                        + " operation not permitted (errno 1)"));
    }

    @Test
    void theThreadThatCollectsGarbageIsScheduledInRealTimeOrTheRefusalHasAReason() throws Exception {
        Optional<String> refusal = ThreadScheduling.useRealTimeForVirtualMachine(10);

        if (refusal.isEmpty()) {
            assertThat(schedulingPolicy(threadNamed("VM Thread")))
                    .as("SCHED_FIFO")
                    .isEqualTo("1");
        } else {
            assertThat(refusal)
                    .contains("real-time scheduling with priority 10 (needs CAP_SYS_NICE):"
                            + " operation not permitted (errno 1)");
        }
    }

    /** Or one would keep another, which holds a lock for which the election waits, from running. */
    @Test
    void theCompilersAreOrdinaryThreadsWithTheShareOfAllOthersOrTheRefusalHasAReason() throws Exception {
        Optional<String> unused = ThreadScheduling.useRealTimeForVirtualMachine(10);
        Optional<String> refusal = ThreadScheduling.favour(-3);

        assertThat(schedulingPolicy(threadNamed("C2 CompilerThre")))
                .as("SCHED_OTHER")
                .isEqualTo("0");
        if (refusal.isEmpty()) {
            assertThat(nice(threadNamed("C2 CompilerThre"))).isEqualTo("-3");
            assertThat(nice(Path.of("/proc/thread-self"))).isEqualTo("-3");
            assertThat(onThread(() -> Optional.of(nice(Path.of("/proc/thread-self")))))
                    .contains("-3");
            assertThat(onThread(() -> {
                        assertThat(ThreadScheduling.share(2)).isEmpty();
                        return Optional.of(nice(Path.of("/proc/thread-self")));
                    }))
                    .contains("2");
            assertThat(nice(Path.of("/proc/thread-self"))).isEqualTo("-3");
        } else {
            assertThat(refusal).contains("nice value -3 (needs CAP_SYS_NICE): permission denied (errno 13)");
        }
    }

    private static Path threadNamed(String name) throws Exception {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            return threads.filter(thread -> nameOf(thread).equals(name))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static String nameOf(Path thread) {
        try {
            return Files.readString(thread.resolve("comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static String schedulingPolicy() throws Exception {
        return schedulingPolicy(Path.of("/proc/thread-self"));
    }

    private static String schedulingPolicy(Path thread) throws Exception {
        return field(41, thread);
    }

    private static String nice(Path thread) throws Exception {
        return field(19, thread);
    }

    /** Of proc_pid_stat(5), counted behind the thread's name, which may hold blanks. */
    private static String field(int number, Path thread) throws Exception {
        String stat = Files.readString(thread.resolve("stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[number - 3];
    }

    @Test
    void schedulingAndMemoryWithoutPrivilegeAreRefusedWithAReason() {
        Optional<String> noRealTime = onThread(() -> {
            TestCalls.dropAllCapabilities();
            return ThreadScheduling.useRealTime(10);
        });
        Optional<String> nothingLocked = onThread(() -> {
            TestCalls.dropAllCapabilities();
            return ThreadScheduling.lockMemory();
        });

        assertThat(noRealTime)
                .contains("real-time scheduling with priority 10 (needs CAP_SYS_NICE):"
                        + " operation not permitted (errno 1)");
        assertThat(nothingLocked).contains("lock memory (needs CAP_IPC_LOCK): out of memory (errno 12)");
    }

    @Test
    void aPriorityThatDoesNotExistIsRefusedWithAReason() {
        assertThat(onThread(() -> ThreadScheduling.useRealTime(100)))
                .contains("real-time scheduling with priority 100 (needs CAP_SYS_NICE): invalid argument (errno 22)");
    }

    /** Root of a user namespace of its own has not the right, for instance. */
    @Test
    void memoryIsLockedOrTheRefusalHasAReason() throws Exception {
        Optional<String> refusal = onThread(ThreadScheduling::lockMemory);

        if (refusal.isEmpty()) {
            assertThat(Files.readString(Path.of("/proc/self/status"))).doesNotContainPattern("VmLck:\\s+0 kB");
            TestCalls.unlockMemory();
        } else {
            assertThat(refusal).contains("lock memory (needs CAP_IPC_LOCK): out of memory (errno 12)");
        }
    }
}
