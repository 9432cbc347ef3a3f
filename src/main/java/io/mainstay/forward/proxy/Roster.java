// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendKey;
import io.mainstay.net.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Who belongs to a service: its backends as configured, and those that are configured no more and still serve or are being
 * emptied. Guarded by the lock of its {@link LiveService}, except for the configured ones, which any thread may read.
 */
final class Roster {

    /** What backends counted that are gone, so that the sums of the service never fall. */
    record Departed(long connections, long bytesIn, long bytesOut, long packetsIn, long packetsOut) {}

    private final String service;
    private volatile List<LiveBackend> configured = List.of();
    private final List<LiveBackend> leaving = new ArrayList<>();
    private boolean dissolved;

    private Departed departed = new Departed(0, 0, 0, 0, 0);

    Roster(String service) {
        this.service = service;
    }

    /** The configured ones, in their order. */
    List<LiveBackend> configured() {
        return configured;
    }

    /** @throws IllegalArgumentException if none of that name is configured */
    LiveBackend configured(String name) {
        for (LiveBackend backend : configured) {
            if (backend.name().equals(name)) {
                return backend;
            }
        }
        String known = configured.stream().map(LiveBackend::name).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("backend of " + service + ": " + name + " (expected: one of " + known + ")");
    }

    /** The configured one that these settings mean, by name and address; null: there is none. */
    @Nullable
    LiveBackend configured(BackendConfig config) {
        return find(configured, config.name(), config.address());
    }

    /** The same among those that leave. */
    @Nullable
    LiveBackend leaving(BackendConfig config) {
        return find(leaving, config.name(), config.address());
    }

    /** Among all; null: it is gone. */
    @Nullable
    LiveBackend find(BackendKey key) {
        return find(all(), key.backend(), key.address());
    }

    private static @Nullable LiveBackend find(List<LiveBackend> among, String name, Endpoint address) {
        for (LiveBackend backend : among) {
            if (backend.name().equals(name) && backend.config().address().equals(address)) {
                return backend;
            }
        }
        return null;
    }

    /** The configured ones and after them those that leave. */
    List<LiveBackend> all() {
        return Stream.concat(configured.stream(), leaving.stream()).toList();
    }

    List<LiveBackend> leaving() {
        return List.copyOf(leaving);
    }

    /** Takes one back that was leaving; it is to be among those that are configured next. */
    void recall(LiveBackend backend) {
        leaving.remove(backend);
    }

    /** From now on these are configured; who is not among them any more leaves. */
    void configure(List<LiveBackend> wanted) {
        for (LiveBackend backend : configured) {
            if (!wanted.contains(backend)) {
                leaving.add(backend);
            }
        }
        configured = List.copyOf(wanted);
    }

    /** Everybody leaves, because the service is not in the configuration any more. */
    void dissolve() {
        configure(List.of());
        dissolved = true;
    }

    /** The service is in the configuration, maybe again. */
    void establish() {
        dissolved = false;
    }

    /** Whether the service is not in the configuration any more. */
    boolean isDissolved() {
        return dissolved;
    }

    /** Whether nobody is left, nor will come. */
    boolean isGone() {
        return dissolved && leaving.isEmpty();
    }

    /** Forgets one that has left; what it counted stays. */
    void depart(LiveBackend backend) {
        if (leaving.remove(backend)) {
            departed = new Departed(
                    departed.connections() + backend.connections(),
                    departed.bytesIn() + backend.bytesIn(),
                    departed.bytesOut() + backend.bytesOut(),
                    departed.packetsIn() + backend.packetsIn(),
                    departed.packetsOut() + backend.packetsOut());
        }
    }

    Departed departed() {
        return departed;
    }

    /** Whether something can be said about every backend: at start none is told missing before it was looked for. */
    boolean isDecided() {
        return configured.stream().noneMatch(LiveBackend::isUndecided);
    }
}
