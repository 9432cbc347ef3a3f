// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * What stands behind a signed VRRP message of either version (draft-cassen-vrrp-auth-hmac; keepalived's {@code auth_hmac} since
 * 2.4.1):
 *
 * <pre>
 *  0  type, 1: HMAC-SHA256, of which the first 128 bits are sent
 *  1  number of the key
 *  2  reserved, zero
 *  4  sequence number
 * 12  HMAC
 * </pre>
 *
 * <p>The HMAC is over family (4 or 6), version, VRID, a zero and the source address filled up with zeros to sixteen octets;
 * then the message with its checksum as zero; then the trailer with its HMAC as zero.
 *
 * @param keyId which key it was signed with
 * @param sequence which of the sender's messages it is
 */
public record AuthenticationTrailer(int keyId, SequenceNumber sequence) {

    static final int LENGTH = 28;

    private static final int TYPE_HMAC_SHA256 = 1;
    private static final int HMAC_LENGTH = 16;
    private static final int HMAC = LENGTH - HMAC_LENGTH;

    /** Whether the octets behind a message are of this layout, as far as can be told without the key. */
    static boolean isAt(byte[] octets, int offset) {
        return octets[offset] == TYPE_HMAC_SHA256 && octets[offset + 2] == 0 && octets[offset + 3] == 0;
    }

    static AuthenticationTrailer read(byte[] octets, int offset) {
        ByteBuffer trailer = ByteBuffer.wrap(octets, offset, LENGTH).slice();
        return new AuthenticationTrailer(trailer.get(1) & 0xFF, new SequenceNumber(trailer.getLong(4)));
    }

    /** Fills in the last octets of a message, of which all else stands but for the checksum. */
    void sign(byte[] message, IpAddress source, AuthenticationKey key) {
        int offset = message.length - LENGTH;
        ByteBuffer.wrap(message, offset, LENGTH)
                .put((byte) TYPE_HMAC_SHA256)
                .put((byte) keyId)
                .putShort((short) 0)
                .putLong(sequence.value());
        byte[] hmac = hmac(message, source, key);
        System.arraycopy(hmac, 0, message, offset + HMAC, HMAC_LENGTH);
    }

    /** Whether a datagram that ends in a trailer was signed with the key and is as it was then. Takes the same time for each. */
    public static boolean verifies(IpDatagram datagram, AuthenticationKey key) {
        byte[] octets = datagram.payload();
        byte[] found = Arrays.copyOfRange(octets, octets.length - HMAC_LENGTH, octets.length);
        byte[] expected = Arrays.copyOf(hmac(octets, datagram.source(), key), HMAC_LENGTH);
        return MessageDigest.isEqual(found, expected);
    }

    private static byte[] hmac(byte[] octets, IpAddress source, AuthenticationKey key) {
        byte[] message = octets.clone();
        message[MessageLayout.CHECKSUM] = 0;
        message[MessageLayout.CHECKSUM + 1] = 0;
        Arrays.fill(message, message.length - HMAC_LENGTH, message.length, (byte) 0);
        return key.sign(pseudoHeader(octets, source), message);
    }

    private static byte[] pseudoHeader(byte[] octets, IpAddress source) {
        return ByteBuffer.allocate(20)
                .put((byte) (MessageLayout.isIpv4(source) ? 4 : 6))
                .put((byte) ((octets[MessageLayout.VERSION_AND_TYPE] & 0xFF) >>> 4))
                .put(octets[MessageLayout.VRID])
                .put((byte) 0)
                .put(source.octets())
                .array();
    }
}
