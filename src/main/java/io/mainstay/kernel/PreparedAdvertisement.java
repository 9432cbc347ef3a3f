// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.IpDatagram;

/**
 * An advertisement that the guard sends for a router while it stands in.
 *
 * @param turn for which of its turns it is meant: the n-th time since the guard started that it speaks for the router
 *     ({@link StoodIn#times}), as a signed message may be sent once only; {@value #EVERY_TURN}: for every one
 * @param datagram the message, with its checksum
 */
public record PreparedAdvertisement(long turn, IpDatagram datagram) {

    public static final long EVERY_TURN = 0;

    public PreparedAdvertisement {
        if (turn < 0) {
            throw new IllegalArgumentException("turn: " + turn + " (expected: 0 or more)");
        }
    }

    /** For every turn. */
    public PreparedAdvertisement(IpDatagram datagram) {
        this(EVERY_TURN, datagram);
    }
}
