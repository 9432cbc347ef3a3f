// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * For how long a new Active sends packets of connections that it does not know on to the former one: a moment after a takeover
 * from one that lives, and on as long as that one says that connections live there. One that does not know of any of this says
 * nothing, and its clients are reset a moment later than without. Belongs to one thread.
 */
public final class Detour {

    /** Time enough for the former Active to hear of the takeover and to say that connections live on there. */
    static final Duration FIRST = Duration.ofMillis(300);

    /** Two notices may be lost. */
    static final Duration AFTER_NOTICE = ConnectionDrain.NOTICE_PAUSE.multipliedBy(3);

    /**
     * Packets that may go on until the former Active has said something. Should it be a router that sends them back, it ends
     * with that; and those who wait for an answer stop before.
     */
    static final int FIRST_CREDIT = 1 << 14;

    /** More than pass between two notices; the bound is there for what nobody has thought of. */
    static final int CREDIT_AFTER_NOTICE = 1 << 24;

    private @Nullable Map<IpFamily, IpAddress> gateways;
    private MonotonicInstant until = new MonotonicInstant(0);

    /**
     * What the kernel is to do.
     *
     * @param gateways of the former Active, by which packets of each family go on
     * @param until when it ends by itself
     * @param credit how many packets may go on until then
     */
    public record Order(Map<IpFamily, IpAddress> gateways, MonotonicInstant until, int credit) {

        public Order {
            gateways = Map.copyOf(gateways);
        }
    }

    /** A takeover from a router that lives, at these addresses of it. */
    public Order begin(Map<IpFamily, IpAddress> formerActive, MonotonicInstant now) {
        gateways = Map.copyOf(formerActive);
        until = now.plus(FIRST);
        return new Order(gateways, until, FIRST_CREDIT);
    }

    /** Whether what comes from the address may say that connections live on there. */
    public boolean isTo(IpAddress address, MonotonicInstant now) {
        return gateways != null && !now.hasReached(until) && gateways.containsValue(address);
    }

    /** The former Active says that connections live on there; null if there is none any more. */
    public @Nullable Order onNotice(MonotonicInstant now) {
        if (gateways == null || now.hasReached(until)) {
            return null;
        }
        until = now.plus(AFTER_NOTICE);
        return new Order(gateways, until, CREDIT_AFTER_NOTICE);
    }

    /** This node is not Active any more; whether there was anything to end. */
    public boolean end() {
        boolean was = gateways != null;
        gateways = null;
        return was;
    }
}
