// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Fence;
import io.mainstay.kernel.Guard;
import io.mainstay.kernel.GuardedRouter;
import io.mainstay.kernel.NoGuard;
import io.mainstay.kernel.StoodIn;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The guard that started this process, reached through the memory that it shares with it (native/guard/README.md).
 *
 * <p>No call but the first {@link #arm} of a thread enters the kernel.
 */
public final class SharedPageGuard implements Guard {

    /** The environment variable by which mainstay-guard names the page. */
    public static final String PAGE_VARIABLE = "MAINSTAY_GUARD_PAGE";

    private final MemorySegment page;
    private final GuardPageWriter writer = new GuardPageWriter();
    private @Nullable Thread speaker;

    private SharedPageGuard(MemorySegment page) {
        this.page = page;
    }

    /**
     * The guard that the environment names, or {@link NoGuard} if it names none.
     *
     * @throws IOException if it names a page that cannot be used
     */
    public static Guard ofEnvironment(Map<String, String> environment) throws IOException {
        String path = environment.get(PAGE_VARIABLE);
        return path == null ? new NoGuard() : open(Path.of(path));
    }

    /**
     * Maps the page of a guard.
     *
     * @throws IOException if it cannot be mapped, or is of another layout
     */
    public static SharedPageGuard open(Path path) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (file.size() != GuardPageLayout.SIZE) {
                throw new IOException(
                        "guard page " + path + ": " + file.size() + " octets (expected: " + GuardPageLayout.SIZE + ")");
            }
            MemorySegment page = file.map(FileChannel.MapMode.READ_WRITE, 0, GuardPageLayout.SIZE, Arena.ofAuto());
            GuardPageLayout.check(page);
            return new SharedPageGuard(page);
        } catch (IllegalArgumentException otherLayout) {
            throw new IOException("guard page " + path + ": " + otherLayout.getMessage(), otherLayout);
        }
    }

    /** One whose page no guard reads, to rehearse with. */
    public static Guard ofNobody() {
        return new SharedPageGuard(Arena.ofAuto().allocate(GuardPageLayout.SIZE, Long.BYTES));
    }

    @Override
    public boolean arm(MonotonicInstant deadline) {
        if (deadline.nanos() <= GuardPageLayout.LEASE_FENCED) {
            throw new IllegalArgumentException(
                    "deadline: " + deadline.nanos() + " (expected: an instant of CLOCK_MONOTONIC)");
        }
        introduceSpeaker();
        return replaceLease(deadline.nanos());
    }

    @Override
    public void disarm() {
        replaceLease(GuardPageLayout.LEASE_DISARMED);
    }

    /** Both sides change the lease by compare-and-exchange, so that either the renewal counts or the fence, never both. */
    private boolean replaceLease(long lease) {
        long current = lease();
        while (current != GuardPageLayout.LEASE_FENCED) {
            long found =
                    (long) GuardPageLayout.LONG.compareAndExchange(page, GuardPageLayout.LEASE_OFFSET, current, lease);
            if (found == current) {
                return true;
            }
            current = found;
        }
        return false;
    }

    private long lease() {
        return (long) GuardPageLayout.LONG.getVolatile(page, GuardPageLayout.LEASE_OFFSET);
    }

    /** Tells the guard which thread renews the lease, since the end of that thread is the first sign of a killed process. */
    private void introduceSpeaker() {
        if (speaker != Thread.currentThread()) {
            speaker = Thread.currentThread();
            GuardPageLayout.INT.setVolatile(page, GuardPageLayout.SPEAKER_OFFSET, kernelThreadNumber());
        }
    }

    /** What gettid(2) says; 0 if that cannot be learnt, and then the guard goes by the lease and the end of the process. */
    private static int kernelThreadNumber() {
        try {
            Path task = Files.readSymbolicLink(Path.of("/proc/thread-self"));
            return Integer.parseInt(task.getFileName().toString());
        } catch (IOException | NumberFormatException unknown) {
            return 0;
        }
    }

    @Override
    public int holding(List<GuardedRouter> routers) {
        long generation = (long) GuardPageLayout.LONG.getVolatile(page, GuardPageLayout.GENERATION_OFFSET);
        // The guard trusts the other slot only as long as it sees this generation: no write below may be seen before
        // it.
        VarHandle.fullFence();
        int left = writer.write(routers, GuardPageLayout.slot(page, generation + 1));
        GuardPageLayout.LONG.setRelease(page, GuardPageLayout.GENERATION_OFFSET, generation + 1);
        return left;
    }

    @Override
    public void standInFrom(int number, Duration interval, Optional<MonotonicInstant> overdue) {
        if (number >= GuardPageLayout.VOICES) {
            return;
        }
        long voice = GuardPageLayout.voice(number);
        GuardPageLayout.LONG.setVolatile(page, voice + GuardPageLayout.VOICE_INTERVAL, interval.toNanos());
        // Whatever the guard made of it meanwhile: the word of the node counts.
        GuardPageLayout.LONG.setVolatile(
                page,
                voice + GuardPageLayout.VOICE_DUE,
                overdue.map(MonotonicInstant::nanos).orElse(GuardPageLayout.VOICE_SILENT));
    }

    @Override
    public StoodIn stoodIn(int number) {
        if (number >= GuardPageLayout.VOICES) {
            return StoodIn.NEVER;
        }
        long voice = GuardPageLayout.voice(number);
        long times = (long) GuardPageLayout.LONG.getVolatile(page, voice + GuardPageLayout.VOICE_SPOKEN);
        long last = (long) GuardPageLayout.LONG.getVolatile(page, voice + GuardPageLayout.VOICE_SPOKEN_AT);
        return new StoodIn(times, new MonotonicInstant(last));
    }

    @Override
    public Optional<Fence> fenced() {
        if (lease() != GuardPageLayout.LEASE_FENCED) {
            return Optional.empty();
        }
        int reason = (int) GuardPageLayout.INT.getVolatile(page, GuardPageLayout.FENCE_REASON_OFFSET);
        long at = (long) GuardPageLayout.LONG.getVolatile(page, GuardPageLayout.FENCED_AT_OFFSET);
        long lateBy = (long) GuardPageLayout.LONG.getVolatile(page, GuardPageLayout.FENCED_LATE_BY_OFFSET);
        return Optional.of(new Fence(reason(reason), new MonotonicInstant(at), Duration.ofNanos(lateBy)));
    }

    private static Fence.Reason reason(int number) {
        return switch (number) {
            case 1 -> Fence.Reason.DEADLINE_MISSED;
            case 2 -> Fence.Reason.MACHINE_STALLED;
            case 3 -> Fence.Reason.MACHINE_SUSPENDED;
            case 4 -> Fence.Reason.ELECTION_ENDED;
            case 5 -> Fence.Reason.PROCESS_STOPPED;
            default -> throw new IllegalStateException("reason of a fence: " + number + " (expected: 1..5)");
        };
    }

    @Override
    public void acknowledge() {
        holding(List.of());
        GuardPageLayout.LONG.compareAndSet(
                page, GuardPageLayout.LEASE_OFFSET, GuardPageLayout.LEASE_FENCED, GuardPageLayout.LEASE_DISARMED);
    }
}
