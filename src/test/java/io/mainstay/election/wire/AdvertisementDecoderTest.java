// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.InternetChecksum;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdvertisementDecoderTest {

    private static DecodeResult.Discarded discard(Vectors context, byte[] octets) {
        DecodeResult result = AdvertisementDecoder.decode(context.datagram(octets));
        assertThat(result).isInstanceOf(DecodeResult.Discarded.class);
        return (DecodeResult.Discarded) result;
    }

    private static void assertDiscarded(DecodeResult result, DiscardReason reason, String detail) {
        assertThat(result).isEqualTo(new DecodeResult.Discarded(reason, detail));
    }

    /** A message with some octet changed and the checksum made right again, alone or behind the pseudo-header. */
    private static byte[] changed(Vectors vector, int offset, int value) {
        byte[] octets = vector.octets();
        octets[offset] = (byte) value;
        octets[MessageLayout.CHECKSUM] = 0;
        octets[MessageLayout.CHECKSUM + 1] = 0;
        long sum = InternetChecksum.sum(octets, 0, octets.length);
        if (vector.form != ChecksumForm.RFC9568) {
            sum += InternetChecksum.sumOfPseudoHeader(vector.source, vector.destination, 112, octets.length);
        }
        octets[MessageLayout.CHECKSUM] = (byte) (InternetChecksum.of(sum) >>> 8);
        octets[MessageLayout.CHECKSUM + 1] = (byte) InternetChecksum.of(sum);
        return octets;
    }

    @Nested
    class Accepts {

        @ParameterizedTest
        @EnumSource
        void whatOtherProgramsWriteAndTellsTheFormOfTheChecksum(Vectors vector) {
            assertThat(AdvertisementDecoder.decode(vector.datagram(vector.octets())))
                    .isEqualTo(new DecodeResult.Decoded(vector.advertisement, vector.form));
        }

        @Test
        void anyValueInTheReservedBits() {
            byte[] octets = changed(Vectors.V3_MESSAGE_ALONE, MessageLayout.INTERVAL_V3, 0xF0);

            assertThat(AdvertisementDecoder.decode(Vectors.V3_MESSAGE_ALONE.datagram(octets)))
                    .isEqualTo(new DecodeResult.Decoded(Vectors.V3_MESSAGE_ALONE.advertisement, ChecksumForm.RFC9568));
        }

        @ParameterizedTest
        @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "V3_IPV6")
        void aMessageFilledUpWithZerosToTheShortestFrame(Vectors vector) {
            assertThat(AdvertisementDecoder.decode(vector.datagram(Arrays.copyOf(vector.octets(), 26))))
                    .isEqualTo(new DecodeResult.Decoded(vector.advertisement, vector.form));
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 64, 254})
        void aUnicastMessageFromFarAway(int ttl) {
            Vectors vector = Vectors.V3_MESSAGE_ALONE;
            IpDatagram datagram = new IpDatagram(vector.source, IpAddress.parse("192.0.2.252"), ttl, vector.octets());

            assertThat(AdvertisementDecoder.decode(datagram))
                    .isEqualTo(new DecodeResult.Decoded(vector.advertisement, ChecksumForm.RFC9568));
        }

        @Test
        void anOwnerAndAResignation() {
            for (int priority : new int[] {0, 255}) {
                byte[] octets = changed(Vectors.V3_PSEUDO_HEADER, MessageLayout.PRIORITY, priority);

                assertThat(AdvertisementDecoder.decode(Vectors.V3_PSEUDO_HEADER.datagram(octets)))
                        .isInstanceOfSatisfying(
                                DecodeResult.Decoded.class,
                                decoded -> assertThat(decoded.advertisement()
                                                .priority()
                                                .value())
                                        .isEqualTo(priority));
            }
        }
    }

    @Nested
    class Discards {

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 64, 254, 256})
        void anotherTtlBeforeAllElse(int ttl) {
            Vectors vector = Vectors.V3_MESSAGE_ALONE;
            IpDatagram datagram = new IpDatagram(vector.source, vector.destination, ttl, new byte[0]);

            assertDiscarded(
                    AdvertisementDecoder.decode(datagram), DiscardReason.TTL, "TTL: " + ttl + " (expected: 255)");
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 64, 254})
        void anotherHopLimitOverIpv6(int hopLimit) {
            Vectors vector = Vectors.V3_IPV6;
            IpDatagram datagram = new IpDatagram(vector.source, vector.destination, hopLimit, vector.octets());

            assertDiscarded(
                    AdvertisementDecoder.decode(datagram), DiscardReason.TTL, "TTL: " + hopLimit + " (expected: 255)");
        }

        @ParameterizedTest
        @EnumSource
        void aMessageCutShortAtWhateverLength(Vectors vector) {
            byte[] whole = vector.octets();
            for (int length = 0; length < whole.length; length++) {
                assertThat(discard(vector, Arrays.copyOf(whole, length)).reason())
                        .as("cut to %d octets", length)
                        .isEqualTo(DiscardReason.LENGTH);
            }
        }

        @Test
        void aShortMessageSayingItsLengthAndTheOneExpected() {
            byte[] whole = Vectors.V3_MESSAGE_ALONE.octets();

            assertThat(discard(Vectors.V3_MESSAGE_ALONE, Arrays.copyOf(whole, 7))
                            .detail())
                    .isEqualTo("length: 7 octets (expected: at least 8)");
            assertThat(discard(Vectors.V3_MESSAGE_ALONE, Arrays.copyOf(whole, 11))
                            .detail())
                    .isEqualTo("length: 11 octets (expected: 12 for 1 addresses in version 3)");
        }

        @Test
        void aMessageWithAddressesOfTheOtherFamily() {
            assertThat(discard(Vectors.V3_MESSAGE_ALONE, Vectors.V3_IPV6.octets())
                            .reason())
                    .isEqualTo(DiscardReason.LENGTH);
            assertThat(discard(Vectors.V3_IPV6, Vectors.V3_MESSAGE_ALONE.octets())
                            .reason())
                    .isEqualTo(DiscardReason.LENGTH);
        }

        @ParameterizedTest
        @EnumSource
        void whatFollowsTheMessageAndIsNoPadding(Vectors vector) {
            byte[] octets = Arrays.copyOf(vector.octets(), vector.octets().length + 1);
            octets[octets.length - 1] = 1;

            assertThat(discard(vector, octets).reason()).isEqualTo(DiscardReason.LENGTH);
            assertThat(discard(vector, Arrays.copyOf(vector.octets(), 46)).reason())
                    .isEqualTo(DiscardReason.LENGTH);
        }

        @Test
        void paddingOverIpv6WhereNoFrameIsThatShort() {
            assertThat(discard(Vectors.V3_IPV6, Arrays.copyOf(new byte[] {0x31, 1, 1, 0, 0, 1, 0, 0}, 9))
                            .reason())
                    .isEqualTo(DiscardReason.LENGTH);
        }

        @Test
        void whatIsAsLongAsASignatureAndIsNone() {
            byte[] octets = Arrays.copyOf(Vectors.V3_MESSAGE_ALONE.octets(), 12 + 28);

            assertThat(discard(Vectors.V3_MESSAGE_ALONE, octets).reason()).isEqualTo(DiscardReason.TRAILER);
        }

        @Test
        void carpByItsName() {
            byte[] carp = HexFormat.of()
                    .parseHex("210100070001a1b2" + "00112233445566770123456789abcdef0123456789abcdef01234567");

            assertDiscarded(
                    AdvertisementDecoder.decode(Vectors.V2_WITHOUT_AUTHENTICATION.datagram(carp)),
                    DiscardReason.CARP,
                    "it speaks CARP with VHID 1, which is not VRRP: harmless unless a virtual router here has VRID 1;"
                            + " then give one of the two another number");
            assertThat(discard(Vectors.V3_IPV6, carp).reason()).isEqualTo(DiscardReason.CARP);
        }

        @Test
        void aVersion2MessageOfSevenAddressesIsNotTakenForCarp() {
            byte[] octets = Arrays.copyOf(new byte[] {0x21, 1, 0, 7}, 8 + 7 * 4 + 8);

            assertThat(discard(Vectors.V2_WITHOUT_AUTHENTICATION, octets).reason())
                    .isEqualTo(DiscardReason.CHECKSUM);
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 1, 4, 15})
        void anUnknownVersion(int version) {
            byte[] octets = Vectors.V3_MESSAGE_ALONE.octets();
            octets[0] = (byte) (version << 4 | 1);

            assertDiscarded(
                    AdvertisementDecoder.decode(Vectors.V3_MESSAGE_ALONE.datagram(octets)),
                    DiscardReason.VERSION_UNKNOWN,
                    "version: " + version + ", VRID 51 (expected: 2 or 3)");
        }

        @Test
        void version2OverIpv6() {
            assertDiscarded(
                    AdvertisementDecoder.decode(Vectors.V3_IPV6.datagram(Vectors.V2_WITHOUT_AUTHENTICATION.octets())),
                    DiscardReason.VERSION_UNKNOWN,
                    "version: 2, VRID 51 (expected: 3 over IPv6)");
        }

        @ParameterizedTest
        @ValueSource(ints = {0, 2, 15})
        void anotherTypeEvenIfTheChecksumIsWrongToo(int type) {
            byte[] octets = Vectors.V3_MESSAGE_ALONE.octets();
            octets[0] = (byte) (0x30 | type);

            assertDiscarded(
                    AdvertisementDecoder.decode(Vectors.V3_MESSAGE_ALONE.datagram(octets)),
                    DiscardReason.TYPE,
                    "type: " + type + " (expected: 1)");
        }

        @ParameterizedTest
        @EnumSource
        void aMessageWithAnySingleBitFlipped(Vectors vector) {
            for (int bit = 0; bit < vector.octets().length * 8; bit++) {
                byte[] octets = vector.octets();
                octets[bit / 8] ^= (byte) (1 << (bit % 8));

                assertThat(AdvertisementDecoder.decode(vector.datagram(octets)))
                        .as("bit %d flipped", bit)
                        .isInstanceOf(DecodeResult.Discarded.class);
            }
        }

        @Test
        void aWrongChecksumSayingWhichWouldBeRight() {
            assertThat(checksumDetail(Vectors.V3_MESSAGE_ALONE))
                    .isEqualTo("checksum: 0x0001 (expected: 0xa865 or 0x04db)");
            assertThat(checksumDetail(Vectors.V2_WITHOUT_AUTHENTICATION))
                    .isEqualTo("checksum: 0x0001 (expected: 0xb8c8)");
            assertThat(checksumDetail(Vectors.V3_IPV6)).isEqualTo("checksum: 0x0001 (expected: 0x3f01)");
        }

        private String checksumDetail(Vectors vector) {
            byte[] octets = vector.octets();
            octets[MessageLayout.CHECKSUM] = 0;
            octets[MessageLayout.CHECKSUM + 1] = 1;
            DecodeResult.Discarded discarded = discard(vector, octets);
            assertThat(discarded.reason()).isEqualTo(DiscardReason.CHECKSUM);
            return discarded.detail();
        }

        @Test
        void inVersion2AChecksumBehindAPseudoHeader() {
            Vectors vector = Vectors.V2_WITHOUT_AUTHENTICATION;
            byte[] octets = vector.octets();
            octets[MessageLayout.CHECKSUM] = 0;
            octets[MessageLayout.CHECKSUM + 1] = 0;
            int checksum = InternetChecksum.of(InternetChecksum.sum(octets, 0, octets.length)
                    + InternetChecksum.sumOfPseudoHeader(vector.source, vector.destination, 112, octets.length));
            octets[MessageLayout.CHECKSUM] = (byte) (checksum >>> 8);
            octets[MessageLayout.CHECKSUM + 1] = (byte) checksum;

            assertThat(discard(vector, octets).reason()).isEqualTo(DiscardReason.CHECKSUM);
        }

        @Test
        void overIpv6AChecksumWithoutPseudoHeader() {
            byte[] octets = Vectors.V3_IPV6.octets();
            octets[MessageLayout.CHECKSUM] = 0;
            octets[MessageLayout.CHECKSUM + 1] = 0;
            int alone = InternetChecksum.of(InternetChecksum.sum(octets, 0, octets.length));
            octets[MessageLayout.CHECKSUM] = (byte) (alone >>> 8);
            octets[MessageLayout.CHECKSUM + 1] = (byte) alone;

            assertThat(discard(Vectors.V3_IPV6, octets).reason()).isEqualTo(DiscardReason.CHECKSUM);
        }

        @Test
        void vridZeroWhichNoVirtualRouterCanHave() {
            assertDiscarded(
                    AdvertisementDecoder.decode(Vectors.V3_MESSAGE_ALONE.datagram(
                            changed(Vectors.V3_MESSAGE_ALONE, MessageLayout.VRID, 0))),
                    DiscardReason.VRID_UNKNOWN,
                    "vrid: 0 (expected: 1..255)");
        }

        @Test
        void anAuthenticationTypeThatIsNotSpoken() {
            assertDiscarded(
                    AdvertisementDecoder.decode(Vectors.V2_WITHOUT_AUTHENTICATION.datagram(
                            changed(Vectors.V2_WITHOUT_AUTHENTICATION, MessageLayout.AUTHENTICATION_TYPE_V2, 2))),
                    DiscardReason.AUTHENTICATION_TYPE,
                    "authentication type: 2 (expected: 0 or 1)");
        }

        @Test
        void aMessageWithoutAddress() {
            byte[] octets = HexFormat.of().parseHex("313364000064");
            int checksum = InternetChecksum.of(InternetChecksum.sum(octets, 0, octets.length));
            byte[] message = Arrays.copyOf(octets, 8);
            message[MessageLayout.CHECKSUM] = (byte) (checksum >>> 8);
            message[MessageLayout.CHECKSUM + 1] = (byte) checksum;

            assertDiscarded(
                    AdvertisementDecoder.decode(Vectors.V3_MESSAGE_ALONE.datagram(message)),
                    DiscardReason.ADDRESS_COUNT,
                    "number of addresses: 0 (expected: 1..255)");
        }

        @Test
        void anIntervalOfZeroInEitherVersion() {
            String detail = "advertisement interval: 0 (expected: more than 0)";

            assertDiscarded(
                    AdvertisementDecoder.decode(Vectors.V3_MESSAGE_ALONE.datagram(
                            changed(Vectors.V3_MESSAGE_ALONE, MessageLayout.INTERVAL_V3 + 1, 0))),
                    DiscardReason.INTERVAL_ZERO,
                    detail);
            assertDiscarded(
                    AdvertisementDecoder.decode(Vectors.V2_WITHOUT_AUTHENTICATION.datagram(
                            changed(Vectors.V2_WITHOUT_AUTHENTICATION, MessageLayout.INTERVAL_V2, 0))),
                    DiscardReason.INTERVAL_ZERO,
                    detail);
        }

        @Test
        void aDatagramOfMixedFamiliesWithoutThrowing() {
            IpDatagram mixed = new IpDatagram(
                    Vectors.V3_IPV6.source, Vectors.V3_MESSAGE_ALONE.destination, 255, Vectors.V3_IPV6.octets());

            assertThat(AdvertisementDecoder.decode(mixed))
                    .isInstanceOfSatisfying(
                            DecodeResult.Discarded.class,
                            discarded -> assertThat(discarded.reason()).isEqualTo(DiscardReason.CHECKSUM));
        }

        @Test
        void byTheFirstCheckThatFails() {
            byte[] octets = new byte[12];
            octets[MessageLayout.VERSION_AND_TYPE] = 0x32;
            octets[MessageLayout.COUNT] = 2;

            assertThat(discard(Vectors.V3_MESSAGE_ALONE, octets).reason()).isEqualTo(DiscardReason.LENGTH);
            octets[MessageLayout.COUNT] = 1;
            assertThat(discard(Vectors.V3_MESSAGE_ALONE, octets).reason()).isEqualTo(DiscardReason.TYPE);
            octets[MessageLayout.VERSION_AND_TYPE] = 0x31;
            assertThat(discard(Vectors.V3_MESSAGE_ALONE, octets).reason()).isEqualTo(DiscardReason.CHECKSUM);
            octets = changed(Vectors.V3_MESSAGE_ALONE, MessageLayout.INTERVAL_V3 + 1, 0);
            octets[MessageLayout.VRID] = 0;
            assertThat(discard(Vectors.V3_MESSAGE_ALONE, octets).reason()).isEqualTo(DiscardReason.CHECKSUM);
        }
    }

    @Test
    void theLabelOfAReasonIsItsNameInKebabCase() {
        for (DiscardReason reason : DiscardReason.values()) {
            assertThat(reason.label())
                    .isEqualTo(reason.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        }
    }
}
