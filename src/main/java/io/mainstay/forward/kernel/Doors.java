// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.LimitsConfig;
import io.mainstay.forward.Rate;
import io.mainstay.forward.RefusalReason;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Door;
import io.mainstay.kernel.FlowProgram.Refusal;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.Prefix;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the services take in, as the data path knows it. Each has one door for all its listeners, and keeps it as long as it has
 * flows, also across a restart of the daemon: flows are counted out at the door that counted them in. Used by one thread.
 */
final class Doors {

    private static final long SECOND_NANOS = 1_000_000_000L;

    private final FlowProgram program;
    private final Map<String, Live> byService = new HashMap<>();

    /** Doors of a former life of the daemon that no service has claimed yet, by the hash of their owner. */
    private final Map<Long, Integer> unclaimed = new HashMap<>();

    private final Map<Integer, Door> found;
    private int lastId;

    /** A door, and what the data path was told about it. */
    private static final class Live {

        private final int id;
        private @Nullable Door door;

        /** Null: not told yet. */
        private @Nullable AccessConfig access;

        /** What {@link #newRefusals} has told; null: nothing, as what happened before now is no news. */
        private @Nullable Map<Refusal, Long> told;

        Live(int id, @Nullable Door door) {
            this.id = id;
            this.door = door;
        }
    }

    Doors(FlowProgram program) throws KernelException {
        this.program = program;
        found = program.doors();
        found.forEach((id, door) -> {
            unclaimed.put(door.owner(), id);
            lastId = Math.max(lastId, id);
        });
    }

    /** Whether new flows of a service have to be judged, or counted for those that come. */
    static boolean judges(KernelService service) {
        return service.traffic().limits().isAny()
                || !service.traffic().access().equals(AccessConfig.EVERYBODY)
                || service.config().backends().stream().anyMatch(Doors::isLimited);
    }

    private static boolean isLimited(BackendConfig backend) {
        return backend.maxConnections() != 0;
    }

    /** Has these services take in from now on what they say; who is in stays in. */
    void configure(List<KernelService> services) throws KernelException {
        for (KernelService service : services) {
            Live live = claim(service.config().name());
            Door wanted = door(service);
            if (!wanted.equals(live.door)) {
                program.putDoor(live.id, wanted);
                live.door = wanted;
            }
            AccessConfig access = service.traffic().access();
            if (!access.equals(live.access)) {
                write(live.id, access);
                live.access = access;
            }
        }
    }

    private Live claim(String service) {
        Live present = byService.get(service);
        if (present == null) {
            Integer former = unclaimed.remove(owner(service));
            if (former == null) {
                present = new Live(++lastId, null);
                present.told = Map.of();
            } else {
                present = new Live(former, found.get(former));
            }
            byService.put(service, present);
        }
        return present;
    }

    private static long owner(String service) {
        return ByteBuffer.wrap(Digest.of(service)).getLong();
    }

    private static Door door(KernelService service) {
        LimitsConfig limits = service.traffic().limits();
        return new Door(
                owner(service.config().name()),
                limits.connections(),
                limits.connectionsPerSource(),
                intervalNanos(limits.newConnections()),
                intervalNanos(limits.newConnectionsPerSource()),
                limits.source().ipv4PrefixLength(),
                limits.source().ipv6PrefixLength());
    }

    private static long intervalNanos(Rate rate) {
        return rate.isLimited() ? SECOND_NANOS / rate.perSecond() : 0;
    }

    private void write(int id, AccessConfig access) throws KernelException {
        if (access.equals(AccessConfig.EVERYBODY)) {
            program.removeAccess(id);
            return;
        }
        Map<Prefix, Boolean> allowed = new HashMap<>();
        access.allow().forEach(prefix -> allowed.put(prefix, true));
        // Behind the others, so that it stands where both do.
        access.deny().forEach(prefix -> allowed.put(prefix, false));
        program.setAccess(id, allowed, access.allow().isEmpty());
    }

    /** The door of a service that was configured. */
    int id(String service) {
        Live live = byService.get(service);
        if (live == null) {
            throw new AssertionError("service without a door: " + service);
        }
        return live.id;
    }

    /** Removes the doors of all services but these; no flow may be left that was counted there. */
    void keep(Set<String> services) throws KernelException {
        for (Iterator<Map.Entry<String, Live>> doors = byService.entrySet().iterator(); doors.hasNext(); ) {
            Map.Entry<String, Live> door = doors.next();
            if (!services.contains(door.getKey())) {
                program.removeDoor(door.getValue().id);
                doors.remove();
            }
        }
        for (int id : unclaimed.values()) {
            program.removeDoor(id);
        }
        unclaimed.clear();
    }

    /** What clients were turned away for since this was asked last, by service. */
    Map<String, Map<RefusalReason, Long>> newRefusals() throws KernelException {
        Map<Integer, Map<Refusal, Long>> all = program.refusals();
        Map<String, Map<RefusalReason, Long>> news = new HashMap<>();
        byService.forEach((service, live) -> {
            Map<Refusal, Long> now = all.getOrDefault(live.id, Map.of());
            Map<Refusal, Long> before = live.told;
            live.told = now;
            if (before != null) {
                Map<RefusalReason, Long> more = new EnumMap<>(RefusalReason.class);
                now.forEach((reason, count) -> {
                    long added = count - before.getOrDefault(reason, 0L);
                    if (added > 0) {
                        more.put(RefusalReason.valueOf(reason.name()), added);
                    }
                });
                if (!more.isEmpty()) {
                    news.put(service, more);
                }
            }
        });
        return news;
    }
}
