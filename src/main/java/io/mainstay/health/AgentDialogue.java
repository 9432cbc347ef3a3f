// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Asks an agent for its line. A finding of success has that line as its detail. */
public final class AgentDialogue implements Dialogue {

    private static final int LONGEST_LINE = 1024;

    private final Payload send;
    private final OctetBuffer line = new OctetBuffer(LONGEST_LINE);

    /** @param send what the agent is sent first; it may wait for nothing */
    public AgentDialogue(Payload send) {
        this.send = send;
    }

    @Override
    public byte[] opening() {
        return send.octets();
    }

    @Override
    public @Nullable Finding onOctets(byte[] octets) {
        for (byte octet : octets) {
            if (octet == '\n' || line.isFull()) {
                return said();
            }
            line.add(octet);
        }
        return null;
    }

    @Override
    public Finding onEnd() {
        return line.isEmpty() ? Finding.failed("the agent has said nothing") : said();
    }

    @Override
    public Finding onSilence(Duration timeout) {
        return line.isEmpty() ? Finding.failed("the agent has said nothing within " + InWords.of(timeout)) : said();
    }

    private Finding said() {
        String text = line.latin().strip();
        return AgentReport.parse(text).saysSomething()
                ? Finding.passed(text)
                : Finding.failed(
                        "the agent has said " + line.shown() + " (expected: such as 75%, drain, down or ready)");
    }
}
