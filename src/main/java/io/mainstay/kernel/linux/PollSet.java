// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The sources waited for in one ppoll(2). Used by one thread. */
final class PollSet {

    /** {@code struct pollfd}: descriptor, events asked for, events that came. */
    private static final int ENTRY_LENGTH = 8;

    private static final int EVENTS = 4;
    private static final int EVENTS_THAT_CAME = 6;

    private static final int TIMESPEC_LENGTH = 16;

    private final List<PollSource> sources = new ArrayList<>();
    private final NativeBuffer timeoutOctets = new NativeBuffer(TIMESPEC_LENGTH);
    private NativeBuffer entries = new NativeBuffer(ENTRY_LENGTH);

    void add(PollSource source) {
        sources.add(source);
        write();
    }

    void remove(PollSource source) {
        sources.remove(source);
        write();
    }

    private void write() {
        entries = new NativeBuffer(Math.max(1, sources.size()) * ENTRY_LENGTH);
        for (int i = 0; i < sources.size(); i++) {
            entries.putInt(i * ENTRY_LENGTH, sources.get(i).descriptor());
            entries.putShort(i * ENTRY_LENGTH + EVENTS, SocketConstants.POLLIN);
        }
    }

    /**
     * Waits until a source has something, or an error, to hand out, and has all that have hand it out, in the order in which they
     * were added. One that fails keeps none of the others from that: what they have was received before the time at which the
     * receiver is about to look.
     *
     * @param timeout empty: without end; zero or less: not at all
     * @param mostMessages how many messages to take from each
     * @throws KernelException the first failure, after all had their turn
     */
    void drain(Optional<Duration> timeout, int mostMessages, Consumer<KernelEvent> sink) throws KernelException {
        KernelException failure = null;
        for (PollSource source : await(timeout)) {
            try {
                source.drain(mostMessages, sink);
            } catch (KernelException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /**
     * Waits until a source has something, or an error, to hand out.
     *
     * @return the sources that have, in the order in which they were added; none when the time is over or a signal came
     */
    List<PollSource> await(Optional<Duration> timeout) throws KernelException {
        timeout.ifPresent(duration -> {
            Duration notNegative = duration.isNegative() ? Duration.ZERO : duration;
            timeoutOctets.putLong(0, notNegative.toSeconds());
            timeoutOctets.putLong(Long.BYTES, notNegative.toNanosPart());
        });
        int result = LinuxCalls.poll(entries, sources.size(), timeout.isPresent() ? timeoutOctets : null);
        if (LinuxCalls.failedWith(result, Errno.EINTR)) {
            return List.of();
        }
        LinuxCalls.check(result, "ppoll");
        List<PollSource> ready = new ArrayList<>(result);
        for (int i = 0; i < sources.size(); i++) {
            if (entries.getShort(i * ENTRY_LENGTH + EVENTS_THAT_CAME) != 0
                    || sources.get(i).isPending()) {
                ready.add(sources.get(i));
            }
        }
        return ready;
    }
}
