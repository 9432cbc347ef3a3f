// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a service takes a new connection in, by {@link LimitsConfig} and {@link AccessConfig}. Not safe for use by
 * several threads.
 *
 * <p>It remembers at most {@link #MOST_SOURCES} sources that have no connection; for one more, the one that was seen least
 * recently is forgotten, so that a flood of made-up sources costs no more memory than that.
 */
public final class Admission {

    /** About 150 octets each. */
    public static final int MOST_SOURCES = 65_536;

    /** What becomes of a new connection. */
    public enum Verdict {
        ADMITTED,
        /** The client may not use the service. */
        DENIED,
        SERVICE_FULL,
        SOURCE_FULL,
        SERVICE_TOO_FAST,
        SOURCE_TOO_FAST
    }

    private static final class Source {

        private final TokenBucket bucket;
        private int active;

        Source(MonotonicInstant now) {
            bucket = new TokenBucket(now);
        }
    }

    private final Map<IpAddress, Source> busy = new LinkedHashMap<>();

    /** Without connections, the least recently seen first. */
    private final LinkedHashMap<IpAddress, Source> idle = new LinkedHashMap<>();

    private final TokenBucket ofAll;
    private LimitsConfig limits;
    private AccessConfig accessConfig;
    private AccessList access;
    private int active;

    public Admission(LimitsConfig limits, AccessConfig access, MonotonicInstant now) {
        this.limits = limits;
        this.accessConfig = access;
        this.access = new AccessList(access);
        ofAll = new TokenBucket(now);
    }

    /** Other limits from now on; who is in stays in. */
    public void configure(LimitsConfig newLimits, AccessConfig newAccess) {
        if (!newLimits.source().equals(limits.source())) {
            // Their connections were counted by groups that no longer exist.
            busy.clear();
            idle.clear();
        }
        limits = newLimits;
        if (!newAccess.equals(accessConfig)) {
            accessConfig = newAccess;
            access = new AccessList(newAccess);
        }
    }

    /** Judges a new connection, and counts it if it is admitted: then {@link #ended} is to follow. */
    public Verdict admit(IpAddress client, MonotonicInstant now) {
        if (!access.allows(client)) {
            return Verdict.DENIED;
        }
        if (limits.connections() > 0 && active >= limits.connections()) {
            return Verdict.SERVICE_FULL;
        }
        Verdict refusal = limits.countsSources() ? admitSource(limits.source().groupOf(client), now) : null;
        if (refusal != null) {
            return refusal;
        }
        if (!ofAll.take(limits.newConnections(), now)) {
            uncount(client, now);
            return Verdict.SERVICE_TOO_FAST;
        }
        active++;
        return Verdict.ADMITTED;
    }

    private @Nullable Verdict admitSource(IpAddress group, MonotonicInstant now) {
        Source source = busy.get(group);
        if (source == null) {
            source = idle.remove(group);
        }
        if (source == null) {
            source = new Source(now);
        }
        if (limits.connectionsPerSource() > 0 && source.active >= limits.connectionsPerSource()) {
            return Verdict.SOURCE_FULL;
        }
        if (!source.bucket.take(limits.newConnectionsPerSource(), now)) {
            if (source.active == 0) {
                rememberIdle(group, source);
            }
            return Verdict.SOURCE_TOO_FAST;
        }
        source.active++;
        busy.put(group, source);
        return null;
    }

    /** Counts out a connection that was admitted. */
    public void ended(IpAddress client, MonotonicInstant now) {
        if (active == 0) {
            throw new AssertionError("connection ended that was never admitted: " + client);
        }
        active--;
        uncount(client, now);
    }

    private void uncount(IpAddress client, MonotonicInstant now) {
        IpAddress group = limits.source().groupOf(client);
        Source source = busy.get(group);
        // Those that came before sources were counted, or were counted otherwise, are not here.
        if (source != null && --source.active == 0) {
            busy.remove(group);
            if (limits.countsSources() && !source.bucket.isFull(now)) {
                rememberIdle(group, source);
            }
        }
    }

    private void rememberIdle(IpAddress group, Source source) {
        idle.put(group, source);
        if (idle.size() > MOST_SOURCES) {
            Iterator<IpAddress> oldest = idle.keySet().iterator();
            oldest.next();
            oldest.remove();
        }
    }

    /** Connections that are in. */
    public int active() {
        return active;
    }

    /** Sources that are remembered, with and without connections. */
    public int sources() {
        return busy.size() + idle.size();
    }
}
