// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import io.mainstay.net.InternetChecksum;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads received datagrams of IP protocol 112. No octets whatever make it throw: what is not an advertisement comes back as
 * {@link DecodeResult.Discarded}.
 *
 * <p>The checks are those of RFC 9568 §7.1 that need no knowledge of the local virtual routers, in the order of
 * {@link DiscardReason}. The receiver has still to compare VRID, version, source, destination, and in version 2 authentication and
 * interval.
 *
 * <p>Stateless; any thread.
 */
public final class AdvertisementDecoder {

    /** First octet, authentication length octet, and length of every CARP advertisement (ip_carp.h of OpenBSD). */
    private static final int CARP_VERSION_AND_TYPE = 0x21;

    private static final int CARP_AUTHENTICATION_WORDS = 7;
    private static final int CARP_LENGTH = 36;

    /** What an Ethernet frame of the least length, 46 octets of payload, has room for behind an IPv4 header. */
    private static final int ROOM_IN_SHORTEST_FRAME = 46 - 20;

    private AdvertisementDecoder() {}

    /** Reads one datagram; its payload is not kept. */
    public static DecodeResult decode(IpDatagram datagram) {
        byte[] octets = datagram.payload();
        // How far a unicast peer may be away is for the receiver to know.
        if (datagram.destination().isMulticast() && datagram.hopLimit() != MessageLayout.HOP_LIMIT) {
            return discarded(DiscardReason.TTL, "TTL: " + datagram.hopLimit() + " (expected: 255)");
        }
        if (octets.length < MessageLayout.ADDRESSES) {
            return discarded(DiscardReason.LENGTH, "length: " + octets.length + " octets (expected: at least 8)");
        }
        if (isCarp(octets)) {
            return discarded(DiscardReason.CARP, carp(octet(octets, MessageLayout.VRID)));
        }
        boolean ipv4 = MessageLayout.isIpv4(datagram.source());
        int versionNumber = octet(octets, MessageLayout.VERSION_AND_TYPE) >>> 4;
        VrrpVersion version = versionOf(versionNumber, ipv4);
        if (version == null) {
            return discarded(
                    DiscardReason.VERSION_UNKNOWN,
                    "version: " + versionNumber + ", VRID " + octet(octets, MessageLayout.VRID) + " (expected: "
                            + (ipv4 ? "2 or 3" : "3 over IPv6") + ")");
        }
        int count = octet(octets, MessageLayout.COUNT);
        int addressLength = MessageLayout.addressLength(datagram.source());
        int length = MessageLayout.length(version, addressLength, count);
        if (octets.length == length + AuthenticationTrailer.LENGTH) {
            if (!AuthenticationTrailer.isAt(octets, length)) {
                return discarded(
                        DiscardReason.TRAILER,
                        "type of the signature: " + octet(octets, length) + " (expected: 1, HMAC-SHA256)");
            }
        } else if (octets.length != length && !isPaddedFrom(octets, length, ipv4)) {
            return discarded(
                    DiscardReason.LENGTH,
                    "length: " + octets.length + " octets (expected: " + length + " for " + count
                            + " addresses in version " + versionNumber + ")");
        }
        return decodeMessage(datagram, version, length, addressLength);
    }

    private static DecodeResult decodeMessage(IpDatagram datagram, VrrpVersion version, int length, int addressLength) {
        byte[] octets = datagram.payload();
        int type = octet(octets, MessageLayout.VERSION_AND_TYPE) & 0xF;
        if (type != MessageLayout.TYPE_ADVERTISEMENT) {
            return discarded(DiscardReason.TYPE, "type: " + type + " (expected: 1)");
        }
        int covered = MessageLayout.checksummed(datagram.source(), length, octets.length);
        ChecksumForm form = checksumForm(datagram, version, covered);
        if (form == null) {
            return discarded(DiscardReason.CHECKSUM, wrongChecksum(datagram, version, covered));
        }
        int vrid = octet(octets, MessageLayout.VRID);
        if (vrid == 0) {
            return discarded(DiscardReason.VRID_UNKNOWN, "vrid: 0 (expected: 1..255)");
        }
        Authentication authentication = authentication(octets, version, length);
        if (authentication == null) {
            return discarded(
                    DiscardReason.AUTHENTICATION_TYPE,
                    "authentication type: " + octet(octets, MessageLayout.AUTHENTICATION_TYPE_V2)
                            + " (expected: 0 or 1)");
        }
        int count = octet(octets, MessageLayout.COUNT);
        if (count == 0) {
            return discarded(DiscardReason.ADDRESS_COUNT, "number of addresses: 0 (expected: 1..255)");
        }
        Duration interval = interval(octets, version);
        if (interval.isZero()) {
            return discarded(DiscardReason.INTERVAL_ZERO, "advertisement interval: 0 (expected: more than 0)");
        }
        return new DecodeResult.Decoded(
                new Advertisement(
                        version,
                        new VirtualRouterId(vrid),
                        new Priority(octet(octets, MessageLayout.PRIORITY)),
                        interval,
                        addresses(octets, addressLength, count),
                        authentication),
                form,
                octets.length == length + AuthenticationTrailer.LENGTH
                        ? Optional.of(AuthenticationTrailer.read(octets, length))
                        : Optional.empty());
    }

    private static boolean isCarp(byte[] octets) {
        return octets.length == CARP_LENGTH
                && octets[MessageLayout.VERSION_AND_TYPE] == CARP_VERSION_AND_TYPE
                && octets[MessageLayout.COUNT] == CARP_AUTHENTICATION_WORDS;
    }

    private static String carp(int vhid) {
        return "it speaks CARP with VHID " + vhid
                + ", which is not VRRP: harmless unless a virtual router here has VRID " + vhid
                + "; then give one of the two another number";
    }

    /** The version whose layout the message can have; null if there is none. Version 2 knows no IPv6. */
    private static @Nullable VrrpVersion versionOf(int number, boolean ipv4) {
        return switch (number) {
            case 2 -> ipv4 ? VrrpVersion.V2 : null;
            case 3 -> VrrpVersion.V3;
            default -> null;
        };
    }

    /** Whether behind a message of the given length there are but the zeros that fill up the shortest Ethernet frame. */
    private static boolean isPaddedFrom(byte[] octets, int length, boolean ipv4) {
        if (!ipv4 || octets.length < length || octets.length > ROOM_IN_SHORTEST_FRAME) {
            return false;
        }
        for (int i = length; i < octets.length; i++) {
            if (octets[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** The form in which the checksum is right, the one of the RFC first; null if in none. */
    private static @Nullable ChecksumForm checksumForm(IpDatagram datagram, VrrpVersion version, int length) {
        long sum = InternetChecksum.sum(datagram.payload(), 0, length);
        boolean ipv4 = MessageLayout.isIpv4(datagram.source());
        if (ipv4 && InternetChecksum.verifies(sum)) {
            return ChecksumForm.RFC9568;
        }
        if (version == VrrpVersion.V2) {
            return null;
        }
        if (InternetChecksum.verifies(sum + pseudoHeader(datagram, datagram.destination(), length))) {
            return ChecksumForm.PSEUDO_HEADER;
        }
        if (ipv4 && InternetChecksum.verifies(sum + pseudoHeader(datagram, Ipv4Address.VRRP_GROUP, length))) {
            return ChecksumForm.PSEUDO_HEADER_OF_GROUP;
        }
        return null;
    }

    private static long pseudoHeader(IpDatagram datagram, IpAddress destination, int length) {
        return InternetChecksum.sumOfPseudoHeader(datagram.source(), destination, MessageLayout.PROTOCOL, length);
    }

    private static String wrongChecksum(IpDatagram datagram, VrrpVersion version, int length) {
        byte[] octets = datagram.payload();
        int found = octet(octets, MessageLayout.CHECKSUM) << 8 | octet(octets, MessageLayout.CHECKSUM + 1);
        long sum = InternetChecksum.sum(octets, 0, length) - found;
        String alone = hex(InternetChecksum.of(sum));
        String behindPseudoHeader =
                hex(InternetChecksum.of(sum + pseudoHeader(datagram, datagram.destination(), length)));
        String expected = version == VrrpVersion.V2
                ? alone
                : MessageLayout.isIpv4(datagram.source()) ? alone + " or " + behindPseudoHeader : behindPseudoHeader;
        return "checksum: " + hex(found) + " (expected: " + expected + ")";
    }

    private static String hex(int checksum) {
        return "0x" + Integer.toHexString(0x10000 | checksum).substring(1);
    }

    /** Null if the type is neither none nor simple password. */
    private static @Nullable Authentication authentication(byte[] octets, VrrpVersion version, int length) {
        if (version == VrrpVersion.V3) {
            return Authentication.NONE;
        }
        return switch (octet(octets, MessageLayout.AUTHENTICATION_TYPE_V2)) {
            case 0 -> Authentication.NONE;
            case 1 -> {
                long data = 0;
                for (int i = length - MessageLayout.AUTHENTICATION_DATA_LENGTH_V2; i < length; i++) {
                    data = (data << 8) | octet(octets, i);
                }
                yield new Authentication.SimplePassword(data);
            }
            default -> null;
        };
    }

    private static Duration interval(byte[] octets, VrrpVersion version) {
        return switch (version) {
            case V2 -> Duration.ofSeconds(octet(octets, MessageLayout.INTERVAL_V2));
            case V3 ->
                Duration.ofMillis(10L
                        * ((octet(octets, MessageLayout.INTERVAL_V3) & 0xF) << 8
                                | octet(octets, MessageLayout.INTERVAL_V3 + 1)));
        };
    }

    private static List<IpAddress> addresses(byte[] octets, int addressLength, int count) {
        IpAddress[] addresses = new IpAddress[count];
        for (int i = 0; i < count; i++) {
            int offset = MessageLayout.ADDRESSES + i * addressLength;
            addresses[i] =
                    addressLength == 4 ? Ipv4Address.ofOctets(octets, offset) : Ipv6Address.ofOctets(octets, offset);
        }
        return List.of(addresses);
    }

    private static int octet(byte[] octets, int offset) {
        return octets[offset] & 0xFF;
    }

    private static DecodeResult discarded(DiscardReason reason, String detail) {
        return new DecodeResult.Discarded(reason, detail);
    }
}
