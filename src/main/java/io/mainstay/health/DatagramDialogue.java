// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;

/** Sends a datagram and looks for something in the answer, if one has to come. */
final class DatagramDialogue implements Dialogue {

    private final HealthCheckConfig.Udp probe;

    DatagramDialogue(HealthCheckConfig.Udp probe) {
        this.probe = probe;
    }

    @Override
    public byte[] opening() {
        return probe.send().octets();
    }

    @Override
    public Finding onOctets(byte[] octets) {
        return probe.expect().isNone() || probe.expect().isWithin(octets, octets.length)
                ? Finding.passed("answer: " + Shown.of(octets))
                : Finding.failed("answer: " + Shown.of(octets) + " (expected: one with " + probe.expect() + ")");
    }

    @Override
    public Finding onEnd() {
        return Finding.failed("no answer");
    }

    @Override
    public Finding onSilence(Duration timeout) {
        return probe.requireAnswer()
                ? Finding.failed("no answer within " + InWords.of(timeout))
                : Finding.passed("not refused within " + InWords.of(timeout));
    }
}
