// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import io.mainstay.net.InternetChecksum;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes advertisements as octets (RFC 9568 §5.2, RFC 3768 §5.3). */
public final class AdvertisementEncoder {

    private static final long CENTISECOND_NANOS = 10_000_000;

    private AdvertisementEncoder() {}

    /**
     * The VRRP message, without IP header.
     *
     * @param form of the checksum; heeded for version 3 over IPv4, where alone there is a choice
     * @param source the source address of the packet; its family is that of the message
     * @param destination the destination address of the packet
     * @throws IllegalArgumentException if the message cannot be written: addresses of another family than the packet's, none
     *     or more than 255 of them, an interval that its field cannot hold, version 2 over IPv6
     */
    public static byte[] encode(
            Advertisement advertisement, ChecksumForm form, IpAddress source, IpAddress destination) {
        return encode(advertisement, form, source, destination, null, new SequenceNumber(0));
    }

    /**
     * Likewise, with a trailer behind it that a peer with the same key can verify. It does not depend on the destination.
     *
     * @param key to sign with; null: no trailer
     * @param sequence after that of anything that the source has said before
     */
    public static byte[] encode(
            Advertisement advertisement,
            ChecksumForm form,
            IpAddress source,
            IpAddress destination,
            @Nullable AuthenticationKey key,
            SequenceNumber sequence) {
        requireEncodable(advertisement, source, destination);
        VrrpVersion version = advertisement.version();
        int addressLength = MessageLayout.addressLength(source);
        int count = advertisement.addresses().size();
        int length = MessageLayout.length(version, addressLength, count);
        byte[] message = new byte[key == null ? length : length + AuthenticationTrailer.LENGTH];
        message[MessageLayout.VERSION_AND_TYPE] = (byte) (version.number() << 4 | MessageLayout.TYPE_ADVERTISEMENT);
        message[MessageLayout.VRID] = (byte) advertisement.vrid().value();
        message[MessageLayout.PRIORITY] = (byte) advertisement.priority().value();
        message[MessageLayout.COUNT] = (byte) count;
        putInterval(message, version, advertisement.interval());
        int offset = MessageLayout.ADDRESSES;
        for (IpAddress address : advertisement.addresses()) {
            System.arraycopy(address.octets(), 0, message, offset, addressLength);
            offset += addressLength;
        }
        if (version == VrrpVersion.V2) {
            putAuthentication(message, offset, advertisement.authentication());
        }
        if (key != null) {
            new AuthenticationTrailer(key.id(), sequence).sign(message, source, key);
        }
        int covered = MessageLayout.checksummed(source, length, message.length);
        putChecksum(message, covered, version, form, source, destination);
        return message;
    }

    /**
     * A signed message once more, with another number and otherwise the same: a fraction of the work of {@link #encode}.
     *
     * @param signed what {@link #encode} has made for that source and destination; it stays as it is
     * @param key to sign with
     * @param sequence after that of anything that the source has said before
     */
    public static byte[] renumber(
            byte[] signed, IpAddress source, IpAddress destination, AuthenticationKey key, SequenceNumber sequence) {
        byte[] message = signed.clone();
        new AuthenticationTrailer(key.id(), sequence).sign(message, source, key);
        if (!MessageLayout.isIpv4(source)) {
            // That of IPv4 does not cover the signature.
            message[MessageLayout.CHECKSUM] = 0;
            message[MessageLayout.CHECKSUM + 1] = 0;
            putChecksum(message, message.length, VrrpVersion.V3, ChecksumForm.PSEUDO_HEADER, source, destination);
        }
        return message;
    }

    /**
     * How many octets {@link #encode} makes of a message, with a trailer or without.
     *
     * @param advertisement with one address at least
     */
    public static int octets(Advertisement advertisement, boolean signed) {
        List<IpAddress> addresses = advertisement.addresses();
        int addressLength = MessageLayout.addressLength(addresses.getFirst());
        return MessageLayout.length(advertisement.version(), addressLength, addresses.size())
                + (signed ? AuthenticationTrailer.LENGTH : 0);
    }

    private static void requireEncodable(Advertisement advertisement, IpAddress source, IpAddress destination) {
        if (source.bitLength() != destination.bitLength()) {
            throw new IllegalArgumentException(
                    "destination: " + destination + " (expected: of the family of the source " + source + ")");
        }
        if (advertisement.version() == VrrpVersion.V2 && !MessageLayout.isIpv4(source)) {
            throw new IllegalArgumentException("version: 2 (expected: 3 over IPv6)");
        }
        int count = advertisement.addresses().size();
        if (count < 1 || count > MessageLayout.MOST_ADDRESSES) {
            throw new IllegalArgumentException("number of addresses: " + count + " (expected: 1..255)");
        }
        for (IpAddress address : advertisement.addresses()) {
            if (address.bitLength() != source.bitLength()) {
                throw new IllegalArgumentException(
                        "address: " + address + " (expected: of the family of the source " + source + ")");
            }
        }
    }

    private static void putInterval(byte[] message, VrrpVersion version, Duration interval) {
        switch (version) {
            case V2 -> {
                long seconds = interval.toSeconds();
                if (seconds < 1
                        || seconds > MessageLayout.LONGEST_INTERVAL_V2_SECONDS
                        || !interval.equals(Duration.ofSeconds(seconds))) {
                    throw new IllegalArgumentException(
                            "advertisement interval: " + interval + " (expected: whole seconds, 1s..255s)");
                }
                message[MessageLayout.INTERVAL_V2] = (byte) seconds;
            }
            case V3 -> {
                long centiseconds = interval.toMillis() / 10;
                if (centiseconds < 1
                        || centiseconds > MessageLayout.LONGEST_INTERVAL_V3_CENTISECONDS
                        || interval.toNanos() != centiseconds * CENTISECOND_NANOS) {
                    throw new IllegalArgumentException(
                            "advertisement interval: " + interval + " (expected: whole centiseconds, 10ms..40.95s)");
                }
                message[MessageLayout.INTERVAL_V3] = (byte) (centiseconds >>> 8);
                message[MessageLayout.INTERVAL_V3 + 1] = (byte) centiseconds;
            }
        }
    }

    private static void putAuthentication(byte[] message, int offset, Authentication authentication) {
        message[MessageLayout.AUTHENTICATION_TYPE_V2] = (byte) authentication.type();
        for (int i = 0; i < MessageLayout.AUTHENTICATION_DATA_LENGTH_V2; i++) {
            message[offset + i] = (byte) (authentication.data() >>> (56 - 8 * i));
        }
    }

    private static void putChecksum(
            byte[] message,
            int covered,
            VrrpVersion version,
            ChecksumForm form,
            IpAddress source,
            IpAddress destination) {
        long sum = InternetChecksum.sum(message, 0, covered)
                + switch (formInForce(version, form, source)) {
                    case RFC9568 -> 0;
                    case PSEUDO_HEADER ->
                        InternetChecksum.sumOfPseudoHeader(source, destination, MessageLayout.PROTOCOL, covered);
                    case PSEUDO_HEADER_OF_GROUP ->
                        InternetChecksum.sumOfPseudoHeader(
                                source, Ipv4Address.VRRP_GROUP, MessageLayout.PROTOCOL, covered);
                };
        int checksum = InternetChecksum.of(sum);
        message[MessageLayout.CHECKSUM] = (byte) (checksum >>> 8);
        message[MessageLayout.CHECKSUM + 1] = (byte) checksum;
    }

    private static ChecksumForm formInForce(VrrpVersion version, ChecksumForm wished, IpAddress source) {
        if (version == VrrpVersion.V2) {
            return ChecksumForm.RFC9568;
        }
        return MessageLayout.isIpv4(source) ? wished : ChecksumForm.PSEUDO_HEADER;
    }
}
