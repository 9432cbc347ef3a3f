// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import io.mainstay.net.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks a name server one question over UDP (RFC 1035 §4.1). */
final class DnsDialogue implements Dialogue {

    private static final int HEADER_LENGTH = 12;
    private static final int LONGEST_QUESTION = 512;
    private static final int CLASS_IN = 1;
    private static final int FLAG_ANSWER = 0x8000;
    private static final int FLAG_TRUNCATED = 0x0200;
    private static final int FLAGS_QUESTION = 0x0100;

    /** Labels and pointers that one name may be made of; a loop of pointers has no end. */
    private static final int MOST_LABELS = 128;

    private static final String[] CODES = {
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH"
    };

    private final HealthCheckConfig.Dns probe;
    private final int id;

    /** @param id any 16 bits, by which the answer is known */
    DnsDialogue(HealthCheckConfig.Dns probe, int id) {
        this.probe = probe;
        this.id = id & 0xFFFF;
    }

    @Override
    public byte[] opening() {
        OctetBuffer question = new OctetBuffer(LONGEST_QUESTION);
        question.add(ByteBuffer.allocate(HEADER_LENGTH)
                .putShort((short) id)
                .putShort((short) FLAGS_QUESTION)
                .putShort((short) 1)
                .array());
        for (String label : probe.name().split("\\.", -1)) {
            if (label.isEmpty()) {
                // Behind a dot at the end.
                continue;
            }
            byte[] octets = label.getBytes(StandardCharsets.US_ASCII);
            question.add((byte) octets.length);
            question.add(octets);
        }
        // The root.
        question.add((byte) 0);
        question.add(ByteBuffer.allocate(4)
                .putShort((short) probe.type().code())
                .putShort((short) CLASS_IN)
                .array());
        return question.toArray();
    }

    @Override
    public @Nullable Finding onOctets(byte[] octets) {
        ByteBuffer message = ByteBuffer.wrap(octets);
        if (octets.length < HEADER_LENGTH || (message.getShort() & 0xFFFF) != id) {
            // Not an answer to this question.
            return null;
        }
        int flags = message.getShort() & 0xFFFF;
        if ((flags & FLAG_ANSWER) == 0) {
            return null;
        }
        int code = flags & 0xF;
        if (code != 0) {
            return Finding.failed("DNS " + (code < CODES.length ? CODES[code] : "RCODE " + code) + " for " + asked()
                    + " (expected: NOERROR)");
        }
        try {
            return judge(message, (flags & FLAG_TRUNCATED) != 0);
        } catch (RuntimeException malformed) {
            return Finding.failed("DNS answer for " + asked() + " cannot be read (expected: a message of RFC 1035)");
        }
    }

    private Finding judge(ByteBuffer message, boolean truncated) {
        int questions = message.getShort() & 0xFFFF;
        int answers = message.getShort() & 0xFFFF;
        message.position(HEADER_LENGTH);
        for (int i = 0; i < questions; i++) {
            skipName(message);
            message.position(message.position() + 4);
        }
        List<String> records = new ArrayList<>();
        for (int i = 0; i < answers && message.hasRemaining(); i++) {
            readRecord(message, records);
        }
        if (records.isEmpty()) {
            // What did not fit into the datagram is there all the same.
            return truncated
                    ? Finding.passed("DNS answer for " + asked() + ", truncated")
                    : Finding.failed("DNS answer for " + asked() + " without a record (expected: one at least)");
        }
        if (!probe.address().isEmpty() && !records.contains(probe.address())) {
            return Finding.failed("DNS answer for " + asked() + ": " + String.join(", ", records) + " (expected: "
                    + probe.address() + ")");
        }
        return Finding.passed("DNS answer for " + asked() + ": " + String.join(", ", records));
    }

    private void readRecord(ByteBuffer message, List<String> records) {
        skipName(message);
        int type = message.getShort() & 0xFFFF;
        int recordClass = message.getShort() & 0xFFFF;
        // The time to live is of no interest.
        message.getInt();
        byte[] data = new byte[message.getShort() & 0xFFFF];
        message.get(data);
        if (type != probe.type().code() || recordClass != CLASS_IN) {
            return;
        }
        boolean address = probe.type() == HealthCheckConfig.DnsType.A || probe.type() == HealthCheckConfig.DnsType.AAAA;
        records.add(address ? IpAddress.ofOctets(data).toString() : probe.type() + " record");
    }

    private static void skipName(ByteBuffer message) {
        for (int i = 0; i < MOST_LABELS; i++) {
            int length = message.get() & 0xFF;
            if (length == 0) {
                return;
            }
            if (length >= 0xC0) {
                // A pointer is two octets long and ends the name (§4.1.4).
                message.get();
                return;
            }
            message.position(message.position() + length);
        }
        throw new IllegalArgumentException("name");
    }

    private String asked() {
        return probe.name() + " " + probe.type();
    }

    @Override
    public Finding onEnd() {
        return Finding.failed("no DNS answer for " + asked());
    }

    @Override
    public Finding onSilence(Duration timeout) {
        return Finding.failed("no DNS answer for " + asked() + " within " + InWords.of(timeout));
    }
}
