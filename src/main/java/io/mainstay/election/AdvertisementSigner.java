// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementEncoder;
import io.mainstay.election.wire.AuthenticationKey;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.SequenceNumber;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import java.time.Instant;

/**
 * Writes the messages of one virtual router, signed if it has a key, and numbers them so that each is after the last. Belongs to
 * one thread.
 *
 * <p>What is laid ready for later bears the time at which it is to be said. So it is after what this node says until then,
 * whether or not it is said, and before what the node says afterwards.
 */
public final class AdvertisementSigner {

    private AuthenticationConfig config;
    private SequenceNumber last = new SequenceNumber(0);
    private boolean hasSpoken;

    public AdvertisementSigner(AuthenticationConfig config) {
        this.config = config;
    }

    /** Goes by another configuration from now on. */
    public void configure(AuthenticationConfig changed) {
        config = changed;
    }

    /** Whether messages are signed, so that none may be sent twice. */
    public boolean signs() {
        return config.signingKey() != null;
    }

    /** The number of what is said now, by the clock of the host. */
    public SequenceNumber next(Instant clock) {
        SequenceNumber next = ahead(clock, last);
        used(next);
        return next;
    }

    /** The number of what is laid ready to be said at a later time, after the given one. Nothing counts as said by that. */
    public SequenceNumber ahead(Instant time, SequenceNumber after) {
        SequenceNumber byTime = SequenceNumber.at(time);
        // A clock that was set back by more than peers put up with must not keep this node silent until it has caught
        // up.
        boolean setBack = byTime.until(after).compareTo(config.window()) > 0;
        return !hasSpoken || setBack || byTime.isAfter(after) ? byTime : after.next();
    }

    /** The number of what was said last. */
    public SequenceNumber last() {
        return last;
    }

    /** What was laid ready with this number has been said. */
    public void used(SequenceNumber number) {
        hasSpoken = true;
        last = number;
    }

    /** A message that this signer has signed, with another number and otherwise the same. */
    public IpDatagram renumbered(IpDatagram signed, SequenceNumber number) {
        AuthenticationKey key = config.signingKey();
        if (key == null) {
            throw new IllegalStateException("signing key: none (expected: one, as when the message was signed)");
        }
        byte[] message =
                AdvertisementEncoder.renumber(signed.payload(), signed.source(), signed.destination(), key, number);
        return new IpDatagram(signed.source(), signed.destination(), signed.hopLimit(), message);
    }

    /** The octets of a message with the number, which is of no account if nothing is signed. */
    public byte[] encode(
            Advertisement advertisement,
            ChecksumForm form,
            IpAddress source,
            IpAddress destination,
            SequenceNumber number) {
        return AdvertisementEncoder.encode(advertisement, form, source, destination, config.signingKey(), number);
    }
}
