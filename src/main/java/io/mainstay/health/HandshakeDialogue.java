// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;

/** A TLS handshake and nothing behind it: it is made below, and when this is told of it all is done. */
final class HandshakeDialogue implements Dialogue {

    @Override
    public Finding onOpen() {
        return Finding.passed("TLS handshake done");
    }

    @Override
    public byte[] opening() {
        return new byte[0];
    }

    @Override
    public Finding onOctets(byte[] octets) {
        return onOpen();
    }

    @Override
    public Finding onEnd() {
        return Finding.failed("connection closed before the TLS handshake was done");
    }

    @Override
    public Finding onSilence(Duration timeout) {
        return Finding.failed("no TLS handshake within " + InWords.of(timeout));
    }
}
