// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a check says to a backend and makes of the answer; knows nothing of sockets. One for each check. The caller says what
 * happens, in this order: once {@link #onOpen}, then {@link #opening} is sent, then {@link #onOctets} for what arrives, and
 * {@link #onEnd} or {@link #onSilence} if nothing more does. The first finding is the last word.
 */
public interface Dialogue {

    /** The connection is made, or the socket is there; a finding if that was all. */
    default @Nullable Finding onOpen() {
        return null;
    }

    /** What is to be sent first; may be empty. */
    byte[] opening();

    /** Octets of a stream, as many as have come, or those of one datagram; null if they do not decide. */
    @Nullable
    Finding onOctets(byte[] octets);

    /** The other side has ended the connection. */
    Finding onEnd();

    /** The timeout has passed without a finding. */
    Finding onSilence(Duration timeout);
}
