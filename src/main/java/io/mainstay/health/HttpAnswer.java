// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads one answer of HTTP/1.x as it comes: the status line, the fields that tell how long the body is, and the body without
 * its chunks (RFC 9112 §4, §6 and §7.1). Bounded in all of its parts; what is not understood ends the reading.
 */
final class HttpAnswer {

    /** Octets of the body that are kept. */
    static final int MOST_BODY = 64 * 1024;

    private static final int LONGEST_LINE = 8 * 1024;
    private static final int MOST_FIELDS = 200;

    private enum State {
        STATUS_LINE,
        FIELDS,
        BODY_BY_LENGTH,
        BODY_TO_THE_END,
        CHUNK_SIZE,
        CHUNK,
        CHUNK_END,
        COMPLETE,
        BROKEN
    }

    private final OctetBuffer line = new OctetBuffer(LONGEST_LINE);
    private final OctetBuffer body = new OctetBuffer(MOST_BODY);
    private State state = State.STATUS_LINE;
    private int status = -1;
    private int fields;
    private long left;
    private boolean chunked;
    private boolean hasLength;
    private @Nullable String problem;

    void take(byte[] octets) {
        int from = 0;
        while (from < octets.length && state != State.COMPLETE && state != State.BROKEN) {
            from += switch (state) {
                case BODY_BY_LENGTH, CHUNK -> takeCounted(octets, from);
                case BODY_TO_THE_END -> takeBody(octets, from, octets.length - from);
                default -> takeLine(octets, from);
            };
        }
    }

    /** The other side has ended the connection. */
    void end() {
        if (state == State.BODY_TO_THE_END) {
            state = State.COMPLETE;
        } else if (state != State.COMPLETE) {
            fail("connection closed before the end of the answer");
        }
    }

    /** The status, or -1 until it has been read. */
    int status() {
        return status;
    }

    /** Whether nothing more is to come, in order or not. */
    boolean isOver() {
        return state == State.COMPLETE || state == State.BROKEN;
    }

    /** Why the rest cannot be read; null if it can. */
    @Nullable
    String problem() {
        return problem;
    }

    /** Whether the body, as far as it has come, holds these octets. */
    boolean hasInBody(Payload wanted) {
        return body.contains(wanted);
    }

    /** The beginning of the body, for a message. */
    String shownBody() {
        return body.shown();
    }

    private int takeCounted(byte[] octets, int from) {
        int count = takeBody(octets, from, (int) Math.min(left, octets.length - from));
        left -= count;
        if (left == 0 && state == State.CHUNK) {
            state = State.CHUNK_END;
        } else if (left == 0 && state == State.BODY_BY_LENGTH) {
            state = State.COMPLETE;
        }
        return count;
    }

    private int takeBody(byte[] octets, int from, int count) {
        body.add(octets, from, count);
        if (body.isFull()) {
            // The rest is of no interest; an answer of this length came in order as far as anybody looked.
            state = State.COMPLETE;
        }
        return count;
    }

    private int takeLine(byte[] octets, int from) {
        for (int i = from; i < octets.length; i++) {
            if (octets[i] == '\n') {
                String text = line.latin();
                line.clear();
                onLine(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
                return i + 1 - from;
            }
            if (line.isFull()) {
                fail("answer: " + line.shown() + " (expected: lines of HTTP)");
                return octets.length - from;
            }
            line.add(octets[i]);
        }
        return octets.length - from;
    }

    private void onLine(String text) {
        switch (state) {
            case STATUS_LINE -> onStatusLine(text);
            case FIELDS -> onField(text);
            case CHUNK_SIZE -> onChunkSize(text);
            case CHUNK_END -> state = State.CHUNK_SIZE;
            default -> throw new AssertionError(state);
        }
    }

    private void onStatusLine(String text) {
        boolean wellFormed = text.length() >= 12
                && text.startsWith("HTTP/1.")
                && isDigit(text, 7)
                && text.charAt(8) == ' '
                && isDigit(text, 9)
                && isDigit(text, 10)
                && isDigit(text, 11)
                && (text.length() == 12 || text.charAt(12) == ' ');
        if (!wellFormed) {
            fail("answer: " + Shown.of(text.strip().getBytes(StandardCharsets.ISO_8859_1))
                    + " (expected: HTTP/1.1 and a status)");
            return;
        }
        status = Integer.parseInt(text, 9, 12, 10);
        state = State.FIELDS;
    }

    private static boolean isDigit(String text, int index) {
        char c = text.charAt(index);
        return c >= '0' && c <= '9';
    }

    private void onField(String text) {
        if (text.isEmpty()) {
            onEndOfFields();
            return;
        }
        if (++fields > MOST_FIELDS) {
            fail("answer with more than " + MOST_FIELDS + " header fields");
            return;
        }
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.startsWith("transfer-encoding:")) {
            chunked |= lower.endsWith("chunked");
        } else if (lower.startsWith("content-length:")) {
            left = number(lower.substring(15).strip(), 10);
            hasLength = true;
        }
    }

    private void onEndOfFields() {
        if (status / 100 == 1) {
            // An interim answer (RFC 9110 §15.2); the one that counts follows.
            state = State.STATUS_LINE;
            status = -1;
        } else if (status == 204 || status == 304) {
            state = State.COMPLETE;
        } else if (chunked) {
            state = State.CHUNK_SIZE;
        } else if (hasLength && state != State.BROKEN) {
            state = left == 0 ? State.COMPLETE : State.BODY_BY_LENGTH;
        } else if (state != State.BROKEN) {
            state = State.BODY_TO_THE_END;
        }
    }

    private void onChunkSize(String text) {
        int extension = text.indexOf(';');
        left = number((extension < 0 ? text : text.substring(0, extension)).strip(), 16);
        if (state != State.BROKEN) {
            // What may follow the last chunk is of no interest.
            state = left == 0 ? State.COMPLETE : State.CHUNK;
        }
    }

    private long number(String digits, int radix) {
        try {
            if (!digits.isEmpty() && digits.length() <= 15 && Character.digit(digits.charAt(0), radix) >= 0) {
                return Long.parseLong(digits, radix);
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        fail("answer with the length " + Shown.of(digits.getBytes(StandardCharsets.ISO_8859_1))
                + " (expected: a number)");
        return 0;
    }

    private void fail(String reason) {
        state = State.BROKEN;
        problem = reason;
    }
}
