// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Sends something, if anything, and looks for something in the answer, if anything. */
final class TextDialogue implements Dialogue {

    /** Octets of an answer that are kept to be searched. */
    static final int MOST = 16 * 1024;

    private final HealthCheckConfig.Tcp probe;
    private final OctetBuffer answer = new OctetBuffer(MOST);

    TextDialogue(HealthCheckConfig.Tcp probe) {
        this.probe = probe;
    }

    @Override
    public @Nullable Finding onOpen() {
        return probe.send().isNone() && probe.expect().isNone() ? Finding.passed("connected") : null;
    }

    @Override
    public byte[] opening() {
        return probe.send().octets();
    }

    @Override
    public @Nullable Finding onOctets(byte[] octets) {
        answer.add(octets);
        if (probe.expect().isNone() || answer.contains(probe.expect())) {
            return Finding.passed("answer: " + answer.shown());
        }
        return answer.isFull() ? disappointed() : null;
    }

    @Override
    public Finding onEnd() {
        return answer.isEmpty() ? Finding.failed("connection closed before an answer") : disappointed();
    }

    @Override
    public Finding onSilence(Duration timeout) {
        return answer.isEmpty() ? Finding.failed("no answer within " + InWords.of(timeout)) : disappointed();
    }

    private Finding disappointed() {
        return Finding.failed("answer: " + answer.shown() + " (expected: one with " + probe.expect() + ")");
    }
}
