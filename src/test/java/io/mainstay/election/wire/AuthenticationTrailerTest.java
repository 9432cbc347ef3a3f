// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Signed messages, against octets that other programs computed. */
class AuthenticationTrailerTest {

    private static final AuthenticationKey KEY = new AuthenticationKey(1, counted(32));
    private static final SequenceNumber SEQUENCE = new SequenceNumber(0x6800_0000_8000_0000L);

    private static byte[] counted(int length) {
        byte[] octets = new byte[length];
        for (int i = 0; i < length; i++) {
            octets[i] = (byte) i;
        }
        return octets;
    }

    private static Advertisement advertisement(VrrpVersion version, String address) {
        return new Advertisement(
                version,
                new VirtualRouterId(51),
                new Priority(200),
                Duration.ofSeconds(1),
                List.of(IpAddress.parse(address)));
    }

    /** The first and the last are those of the appendix of draft-cassen-vrrp-auth-hmac; all come from Python's hmac. */
    static Stream<Arguments> signed() {
        return Stream.of(
                Arguments.of(
                        advertisement(VrrpVersion.V3, "192.0.2.100"),
                        ChecksumForm.RFC9568,
                        "198.51.100.10",
                        "224.0.0.18",
                        "3133c80100644402c0000264" + "010100006800000080000000" + "1b84bc4e8e43892dc6d98448f8ee2265"),
                Arguments.of(
                        advertisement(VrrpVersion.V3, "192.0.2.100"),
                        ChecksumForm.PSEUDO_HEADER,
                        "198.51.100.10",
                        "224.0.0.18",
                        "3133c80100643935c0000264" + "010100006800000080000000" + "1b84bc4e8e43892dc6d98448f8ee2265"),
                Arguments.of(
                        advertisement(VrrpVersion.V2, "192.0.2.100"),
                        ChecksumForm.RFC9568,
                        "198.51.100.10",
                        "224.0.0.18",
                        "2133c80100015465c00002640000000000000000" + "010100006800000080000000"
                                + "d0b9391b8d008f779ef2e8cf66238947"),
                Arguments.of(
                        advertisement(VrrpVersion.V3, "fe80::100"),
                        ChecksumForm.PSEUDO_HEADER,
                        "fe80::10",
                        "fe80::20",
                        "3133c8010064a2e9fe800000000000000000000000000100" + "010100006800000080000000"
                                + "c8c56146ebfd66ee10ec4d8186461b78"));
    }

    @ParameterizedTest
    @MethodSource("signed")
    void isWrittenAndReadAsOtherProgramsDo(
            Advertisement advertisement, ChecksumForm form, String source, String destination, String hex) {
        IpAddress from = IpAddress.parse(source);
        IpAddress to = IpAddress.parse(destination);
        byte[] octets = AdvertisementEncoder.encode(advertisement, form, from, to, KEY, SEQUENCE);
        assertThat(HexFormat.of().formatHex(octets)).isEqualTo(hex);
        IpDatagram datagram = new IpDatagram(from, to, 255, octets);
        assertThat(AdvertisementDecoder.decode(datagram))
                .isEqualTo(new DecodeResult.Decoded(
                        advertisement, form, Optional.of(new AuthenticationTrailer(1, SEQUENCE))));
        assertThat(AuthenticationTrailer.verifies(datagram, KEY)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("signed")
    void anotherNumberGivesWhatWouldBeWrittenWithIt(
            Advertisement advertisement, ChecksumForm form, String source, String destination) {
        IpAddress from = IpAddress.parse(source);
        IpAddress to = IpAddress.parse(destination);
        AuthenticationKey other = new AuthenticationKey(9, counted(64));
        byte[] before = AdvertisementEncoder.encode(advertisement, form, from, to, other, new SequenceNumber(7));
        byte[] kept = before.clone();
        assertThat(AdvertisementEncoder.renumber(before, from, to, KEY, SEQUENCE))
                .isEqualTo(AdvertisementEncoder.encode(advertisement, form, from, to, KEY, SEQUENCE));
        assertThat(before).isEqualTo(kept);
    }

    @Test
    void everyOctetOfALongKeyCounts() {
        AuthenticationKey longest = new AuthenticationKey(7, counted(AuthenticationKey.LONGEST));
        IpAddress from = IpAddress.parse("198.51.100.10");
        IpAddress to = IpAddress.parse("224.0.0.18");
        byte[] octets = AdvertisementEncoder.encode(
                advertisement(VrrpVersion.V3, "192.0.2.100"), ChecksumForm.RFC9568, from, to, longest, SEQUENCE);
        assertThat(HexFormat.of().formatHex(octets))
                .isEqualTo(
                        "3133c80100644402c0000264" + "010700006800000080000000" + "ed8f1e074b8365a5a7aadce2da0b21e0");
        for (int length : List.of(32, 33, 64)) {
            byte[] key = counted(length);
            byte[] signed = AdvertisementEncoder.encode(
                    advertisement(VrrpVersion.V3, "192.0.2.100"),
                    ChecksumForm.RFC9568,
                    from,
                    to,
                    new AuthenticationKey(1, key),
                    SEQUENCE);
            key[length - 1] ^= 1;
            assertThat(AuthenticationTrailer.verifies(datagram("198.51.100.10", signed), new AuthenticationKey(1, key)))
                    .as("the last of %s octets", length)
                    .isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 127, 128, 255})
    void theNumberOfAKeyIsReadAsWritten(int id) {
        AuthenticationKey key = new AuthenticationKey(id, counted(32));
        IpAddress from = IpAddress.parse("198.51.100.10");
        IpAddress to = IpAddress.parse("224.0.0.18");
        byte[] octets = AdvertisementEncoder.encode(
                advertisement(VrrpVersion.V3, "192.0.2.100"), ChecksumForm.RFC9568, from, to, key, SEQUENCE);
        assertThat(AdvertisementDecoder.decode(datagram("198.51.100.10", octets)))
                .isInstanceOfSatisfying(
                        DecodeResult.Decoded.class,
                        decoded -> assertThat(decoded.trailer()).contains(new AuthenticationTrailer(id, SEQUENCE)));
    }

    @ParameterizedTest
    @MethodSource("signed")
    void whateverIsChangedIsNoticed(
            Advertisement advertisement, ChecksumForm form, String source, String destination, String hex) {
        byte[] octets = HexFormat.of().parseHex(hex);
        for (int i = 0; i < octets.length; i++) {
            // The checksum alone is not signed: a kernel may compute it.
            boolean signed = i != 6 && i != 7;
            octets[i] ^= 0x10;
            assertThat(AuthenticationTrailer.verifies(datagram(source, octets), KEY))
                    .as("octet %s", i)
                    .isEqualTo(!signed);
            octets[i] ^= 0x10;
        }
    }

    private static IpDatagram datagram(String source, byte[] octets) {
        return new IpDatagram(IpAddress.parse(source), IpAddress.parse("224.0.0.18"), 255, octets);
    }

    @Test
    void neitherAnotherSourceNorAnotherKeyWillDo() {
        byte[] octets = HexFormat.of()
                .parseHex((String) signed().findFirst().orElseThrow().get()[4]);
        assertThat(AuthenticationTrailer.verifies(datagram("198.51.100.11", octets), KEY))
                .isFalse();
        byte[] other = counted(32);
        other[31] ^= 1;
        assertThat(AuthenticationTrailer.verifies(datagram("198.51.100.10", octets), new AuthenticationKey(1, other)))
                .isFalse();
    }

    @Test
    void aTrailerOfAnotherKindIsTold() {
        byte[] octets = HexFormat.of()
                .parseHex((String) signed().findFirst().orElseThrow().get()[4]);
        octets[12] = 2;
        assertThat(AdvertisementDecoder.decode(datagram("198.51.100.10", octets)))
                .isEqualTo(new DecodeResult.Discarded(
                        DiscardReason.TRAILER, "type of the signature: 2 (expected: 1, HMAC-SHA256)"));
        octets[12] = 1;
        for (int reserved : List.of(14, 15)) {
            octets[reserved] = 1;
            assertThat(AdvertisementDecoder.decode(datagram("198.51.100.10", octets)))
                    .isInstanceOfSatisfying(
                            DecodeResult.Discarded.class,
                            discarded -> assertThat(discarded.reason()).isEqualTo(DiscardReason.TRAILER));
            octets[reserved] = 0;
        }
    }

    @Test
    void aKeyHasItsLengthAndTellsNothingOfItself() {
        assertThatThrownBy(() -> new AuthenticationKey(1, new byte[31]))
                .hasMessage("length of a key: 31 octets (expected: 32..64)");
        assertThatThrownBy(() -> new AuthenticationKey(1, new byte[65]))
                .hasMessage("length of a key: 65 octets (expected: 32..64)");
        assertThatThrownBy(() -> new AuthenticationKey(256, new byte[32]))
                .hasMessage("id of a key: 256 (expected: 1..255)");
        assertThat(KEY).hasToString("key 1").isEqualTo(new AuthenticationKey(1, counted(32)));
        assertThat(KEY).isNotEqualTo(new AuthenticationKey(2, counted(32)));
        assertThat(KEY).isNotEqualTo(new AuthenticationKey(1, counted(33)));
    }

    @Test
    void numbersGoByTheClockAndBeginAnewAfterTheLast() {
        SequenceNumber number = SequenceNumber.at(Instant.ofEpochSecond(0x6800_0000L, 500_000_000));
        assertThat(number.value()).isEqualTo(0x6800_0000_8000_0000L);
        assertThat(number.next().value()).isEqualTo(0x6800_0000_8000_0001L);
        SequenceNumber last = new SequenceNumber(-1);
        assertThat(last.next().isAfter(last)).isTrue();
        assertThat(last.isAfter(last.next())).isFalse();
        assertThat(last.isAfter(last)).isFalse();
        // 2038, and 2106.
        assertThat(SequenceNumber.at(Instant.ofEpochSecond(1L << 31))
                        .isAfter(SequenceNumber.at(Instant.ofEpochSecond((1L << 31) - 1, 999_999_999))))
                .isTrue();
        assertThat(SequenceNumber.at(Instant.ofEpochSecond(1L << 32))
                        .isAfter(SequenceNumber.at(Instant.ofEpochSecond((1L << 32) - 1))))
                .isTrue();
    }

    @Test
    void theTimeBetweenNumbersIsThatOfTheirClocks() {
        SequenceNumber early = SequenceNumber.at(Instant.ofEpochSecond(1_800_000_000L, 750_000_000));
        SequenceNumber late = SequenceNumber.at(Instant.ofEpochSecond(1_800_000_003L, 250_000_000));
        assertThat(early.until(late)).isEqualTo(Duration.ofMillis(2500));
        assertThat(late.until(early)).isEqualTo(Duration.ofMillis(-2500));
    }
}
