// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.VirtualRouter;
import io.mainstay.election.wire.DecodeResult;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpDatagram;
import io.mainstay.time.MonotonicClock;

/**
 * What the former Active of one virtual router says to the new one as long as connections live on there: that it resigns, once
 * more, to it alone, which is no message for the election. Belongs to the election thread.
 */
final class DrainNotices {

    private final VirtualRouter election;
    private final AdvertisementSender sender;
    private final RouterAuthentication authentication;
    private final RouterGuard guard;
    private final RouterDrain drain;
    private final RouterDetour detour;
    private final MonotonicClock clock;

    /**
     * @param drain what lives on here after this node was Active
     * @param detour what lives on elsewhere while it is
     */
    DrainNotices(
            VirtualRouter election,
            AdvertisementSender sender,
            RouterAuthentication authentication,
            RouterGuard guard,
            RouterDrain drain,
            RouterDetour detour,
            MonotonicClock clock) {
        this.election = election;
        this.sender = sender;
        this.authentication = authentication;
        this.guard = guard;
        this.drain = drain;
        this.detour = detour;
        this.clock = clock;
    }

    /** Tells the successor that connections live on here. */
    void tell() {
        try {
            sender.sendTo(drain.successor(), election::resignation);
        } catch (KernelException e) {
            // Another follows; without any the successor resets the connections.
        }
        if (authentication.signer().signs()) {
            guard.age();
        }
    }

    /** Takes in that connections live on on the former Active; whether it is such a message. */
    boolean take(DecodeResult.Decoded decoded, IpDatagram datagram) {
        if (!decoded.advertisement().priority().isResign()
                || datagram.destination().isMulticast()) {
            return false;
        }
        boolean heeded = election.isActive()
                && datagram.hopLimit() == AdvertisementSender.HOP_LIMIT
                && detour.isTo(datagram.source(), clock.now());
        if (!heeded) {
            // Among nodes that multicast it can be nothing else, if a late one; among others it is a resignation.
            return election.config()
                    .protocol()
                    .unicastPeers(datagram.source().family())
                    .isEmpty();
        }
        if (authentication.refusal(decoded, datagram).isPresent()) {
            return false;
        }
        var unused = authentication.accept(decoded, datagram.source());
        detour.onNotice(clock.now());
        return true;
    }
}
