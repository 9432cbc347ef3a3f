// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.Admission;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.time.MonotonicClock;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Who may come in: judges the clients of a service by its access list and limits, and counts those that were refused, for
 * whatever reason. Safe for use by several threads; it has a lock of its own, so that clients that are turned away keep
 * nobody from a backend.
 */
final class ServiceDoor {

    private final String service;
    private final MonotonicClock clock;
    private final EventOutlet events;
    private final Admission admission;
    private final Map<RefusalReason, LongAdder> refused = new EnumMap<>(RefusalReason.class);
    private final Map<RefusalReason, Long> told = new EnumMap<>(RefusalReason.class);
    private volatile boolean guarded;

    ServiceDoor(String service, TrafficConfig traffic, MonotonicClock clock, EventOutlet events) {
        this.service = service;
        this.clock = clock;
        this.events = events;
        admission = new Admission(traffic.limits(), traffic.access(), clock.now());
        guarded = isGuarded(traffic);
        for (RefusalReason reason : RefusalReason.values()) {
            refused.put(reason, new LongAdder());
        }
    }

    synchronized void configure(TrafficConfig traffic) {
        admission.configure(traffic.limits(), traffic.access());
        guarded = isGuarded(traffic);
    }

    /** Whether new connections have to be judged by {@link #admit} at all. */
    boolean isGuarded() {
        return guarded;
    }

    private static boolean isGuarded(TrafficConfig traffic) {
        return traffic.limits().isAny() || !traffic.access().equals(AccessConfig.EVERYBODY);
    }

    /** Judges a new connection; null: it is admitted, and {@link #dismiss} is to follow. */
    synchronized @Nullable RefusalReason admit(Endpoint client) {
        return switch (admission.admit(client.address(), clock.now())) {
            case ADMITTED -> null;
            case DENIED -> RefusalReason.DENIED;
            case SERVICE_FULL -> RefusalReason.SERVICE_FULL;
            case SOURCE_FULL -> RefusalReason.SOURCE_FULL;
            case SERVICE_TOO_FAST -> RefusalReason.SERVICE_TOO_FAST;
            case SOURCE_TOO_FAST -> RefusalReason.SOURCE_TOO_FAST;
        };
    }

    /** Counts out a connection that was admitted. */
    synchronized void dismiss(Endpoint client) {
        admission.ended(client.address(), clock.now());
    }

    void countRefused(RefusalReason reason) {
        countRefused(reason, 1);
    }

    void countRefused(RefusalReason reason, long count) {
        LongAdder counter = refused.get(reason);
        if (counter != null) {
            counter.add(count);
        }
    }

    /** Tells how many clients were refused since this was done last, for each reason for which there are any. */
    synchronized void tellRefusals() {
        refused.forEach((reason, counter) -> {
            long count = counter.sum();
            long untold = count - told.getOrDefault(reason, 0L);
            if (untold > 0) {
                told.put(reason, count);
                events.tell(new ProxyEvent.ClientsRefused(service, reason, untold));
            }
        });
    }

    /** How many clients were refused since the start. */
    Map<RefusalReason, Long> refusals() {
        Map<RefusalReason, Long> refusals = new EnumMap<>(RefusalReason.class);
        refused.forEach((reason, count) -> refusals.put(reason, count.sum()));
        return refusals;
    }
}
