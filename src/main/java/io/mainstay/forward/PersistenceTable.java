// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which client has which backend. All entries live equally long after their last use, so that the order of use is the order
 * in which they expire; the one unused for longest makes room when the table is full.
 *
 * <p>Belongs to one {@link BackendPool} and shares its thread rule.
 *
 * @param <B> what the owner of the pool calls a backend
 */
public final class PersistenceTable<B> {

    /** Expired entries that one use clears away: more than it can add, so that the table shrinks, and never many at once. */
    private static final int CLEARED_AT_ONCE = 8;

    /**
     * @param cleared whether the client is forgotten, and only kept in mind so that the end of a connection that it has does not
     *     bring it back
     */
    private record Entry<B>(Candidate<B> candidate, MonotonicInstant expires, boolean cleared) {

        Entry<B> asCleared() {
            return new Entry<>(candidate, expires, true);
        }
    }

    /**
     * One client.
     *
     * @param client the group of addresses, such as {@code 192.0.2.7} or {@code 2001:db8::/64}
     * @param backend the backend that it keeps
     * @param remaining time until it is forgotten, if it does not come back
     */
    public record Client<B>(String client, B backend, Duration remaining) {}

    private final PersistenceConfig config;
    private final LinkedHashMap<IpAddress, Entry<B>> entries = new LinkedHashMap<>();
    private long evictions;

    PersistenceTable(PersistenceConfig config) {
        this.config = config;
    }

    /** The same clients under other rules, or none of them if they are to be recognised in another way. */
    PersistenceTable<B> as(PersistenceConfig wanted) {
        if (wanted.equals(config)) {
            return this;
        }
        PersistenceTable<B> table = new PersistenceTable<>(wanted);
        if (wanted.grouping().equals(config.grouping())) {
            table.entries.putAll(entries);
        }
        table.evictions = evictions;
        return table;
    }

    boolean staysDuringDrain() {
        return config.duringDrain() == PersistenceConfig.DuringDrain.ALLOW;
    }

    @Nullable
    Candidate<B> find(IpAddress client, MonotonicInstant now) {
        Entry<B> entry = present(client, now);
        return entry == null || entry.cleared() ? null : entry.candidate();
    }

    private @Nullable Entry<B> present(IpAddress client, MonotonicInstant now) {
        Entry<B> entry = entries.get(config.grouping().groupOf(client));
        return entry == null || now.hasReached(entry.expires()) ? null : entry;
    }

    /** Lets a client have a backend from now on. */
    void remember(IpAddress client, Candidate<B> candidate, MonotonicInstant now) {
        clearExpired(now, CLEARED_AT_ONCE);
        entries.putLast(config.grouping().groupOf(client), new Entry<>(candidate, now.plus(config.timeout()), false));
        while (entries.size() > config.maxClients()) {
            Map.Entry<IpAddress, Entry<B>> oldest = entries.pollFirstEntry();
            evictions += oldest == null || oldest.getValue().cleared() ? 0 : 1;
        }
    }

    /**
     * A connection of the client has ended: its time starts anew, unless it has gone on to another backend since, the
     * backend has been taken out, or the client was cleared and has not come back.
     */
    public void connectionEnded(IpAddress client, Candidate<B> candidate, MonotonicInstant now) {
        Entry<B> kept = present(client, now);
        if (candidate.isMember() && (kept == null || (kept.candidate() == candidate && !kept.cleared()))) {
            remember(client, candidate, now);
        }
    }

    /** Whether there is a client of this backend; found soonest for one that was used last. */
    boolean isKept(Candidate<B> candidate, MonotonicInstant now) {
        for (Entry<B> entry : entries.reversed().values()) {
            if (now.hasReached(entry.expires())) {
                return false;
            }
            if (entry.candidate() == candidate && !entry.cleared()) {
                return true;
            }
        }
        return false;
    }

    private void clearExpired(MonotonicInstant now, int most) {
        Map.Entry<IpAddress, Entry<B>> first = entries.firstEntry();
        for (int i = 0;
                i < most && first != null && now.hasReached(first.getValue().expires());
                i++) {
            entries.pollFirstEntry();
            first = entries.firstEntry();
        }
    }

    void forget(Candidate<B> candidate) {
        entries.values().removeIf(entry -> entry.candidate() == candidate);
    }

    /** The number of clients that are remembered. */
    public int size(MonotonicInstant now) {
        clearExpired(now, Integer.MAX_VALUE);
        return (int) entries.values().stream().filter(entry -> !entry.cleared()).count();
    }

    /** How many clients were forgotten before their time, for want of room. */
    public long evictions() {
        return evictions;
    }

    /** The clients that were here last, the latest first. */
    public List<Client<B>> latest(int most, MonotonicInstant now) {
        List<Client<B>> records = new ArrayList<>();
        for (Map.Entry<IpAddress, Entry<B>> each : entries.reversed().entrySet()) {
            Entry<B> entry = each.getValue();
            if (records.size() == most || now.hasReached(entry.expires())) {
                break;
            }
            if (!entry.cleared()) {
                records.add(new Client<>(
                        config.grouping().shown(each.getKey()),
                        entry.candidate().backend(),
                        entry.expires().since(now)));
            }
        }
        return records;
    }

    /**
     * Forgets the clients of some backends; how many. Their connections live on, and when they end do not bring them back, for
     * as long as the clients would have been remembered.
     */
    public int clear(Predicate<B> backend) {
        int cleared = 0;
        for (Map.Entry<IpAddress, Entry<B>> each : entries.entrySet()) {
            if (isOf(each.getValue(), backend)) {
                each.setValue(each.getValue().asCleared());
                cleared++;
            }
        }
        return cleared;
    }

    /** The same for the group to which a client belongs; whether it was remembered, and with one of these backends. */
    public boolean clear(IpAddress client, Predicate<B> backend) {
        IpAddress group = config.grouping().groupOf(client);
        Entry<B> entry = entries.get(group);
        if (entry == null || !isOf(entry, backend)) {
            return false;
        }
        entries.put(group, entry.asCleared());
        return true;
    }

    private static <B> boolean isOf(Entry<B> entry, Predicate<B> backend) {
        return !entry.cleared() && backend.test(entry.candidate().backend());
    }
}
