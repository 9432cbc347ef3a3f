// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdvertisementEncoderTest {

    private static final IpAddress SOURCE = IpAddress.parse("192.0.2.251");
    private static final IpAddress GROUP = IpAddress.parse("224.0.0.18");
    private static final IpAddress VIP = IpAddress.parse("192.0.2.1");
    private static final IpAddress SOURCE6 = IpAddress.parse("fe80::fb");
    private static final IpAddress GROUP6 = IpAddress.parse("ff02::12");

    private static Advertisement advertisement(VrrpVersion version, Duration interval, List<IpAddress> addresses) {
        return new Advertisement(version, new VirtualRouterId(51), Priority.DEFAULT, interval, addresses);
    }

    private static byte[] encode(Advertisement advertisement) {
        return AdvertisementEncoder.encode(advertisement, ChecksumForm.RFC9568, SOURCE, GROUP);
    }

    @ParameterizedTest
    @EnumSource
    void writesWhatOtherProgramsWrite(Vectors vector) {
        assertThat(AdvertisementEncoder.encode(vector.advertisement, vector.form, vector.source, vector.destination))
                .asHexString()
                .isEqualToIgnoringCase(HexFormat.of().formatHex(vector.octets()));
    }

    @ParameterizedTest
    @EnumSource
    void overIpv6TheWishedFormIsOfNoAccount(ChecksumForm form) {
        Vectors vector = Vectors.V3_IPV6;

        assertThat(AdvertisementEncoder.encode(vector.advertisement, form, vector.source, vector.destination))
                .isEqualTo(vector.octets());
    }

    @ParameterizedTest
    @EnumSource
    void inVersion2TheWishedFormIsOfNoAccount(ChecksumForm form) {
        Vectors vector = Vectors.V2_WITH_PASSWORD;

        assertThat(AdvertisementEncoder.encode(vector.advertisement, form, vector.source, vector.destination))
                .isEqualTo(vector.octets());
    }

    @Test
    void aResignationCarriesPriorityZero() {
        Advertisement resignation = new Advertisement(
                VrrpVersion.V3, new VirtualRouterId(255), Priority.RESIGN, Duration.ofMillis(10), List.of(VIP));

        assertThat(encode(resignation)).startsWith(0x31, 0xFF, 0x00, 0x01, 0x00, 0x01);
    }

    @Test
    void writesTheLongestIntervalsThatTheFieldsHold() {
        assertThat(encode(advertisement(VrrpVersion.V3, Duration.ofMillis(40_950), List.of(VIP))))
                .containsSequence(0x01, 0x0F, 0xFF);
        assertThat(encode(advertisement(VrrpVersion.V2, Duration.ofSeconds(255), List.of(VIP))))
                .containsSequence(0x01, 0x00, 0xFF);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.005S", "PT0.015S", "PT40.96S", "PT-1S", "PT0.0100001S", "PT100000000000H"})
    void refusesAnIntervalThatVersion3CannotSay(Duration interval) {
        assertThatThrownBy(() -> encode(advertisement(VrrpVersion.V3, interval, List.of(VIP))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("advertisement interval: " + interval + " (expected: whole centiseconds, 10ms..40.95s)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.4S", "PT1.5S", "PT256S", "PT-1S"})
    void refusesAnIntervalThatVersion2CannotSay(Duration interval) {
        assertThatThrownBy(() -> encode(advertisement(VrrpVersion.V2, interval, List.of(VIP))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("advertisement interval: " + interval + " (expected: whole seconds, 1s..255s)");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 256})
    void refusesANumberOfAddressesThatTheFieldCannotHold(int count) {
        Advertisement advertisement =
                advertisement(VrrpVersion.V3, Duration.ofSeconds(1), Collections.nCopies(count, VIP));

        assertThatThrownBy(() -> encode(advertisement))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("number of addresses: " + count + " (expected: 1..255)");
    }

    @Test
    void writes255Addresses() {
        Advertisement advertisement =
                advertisement(VrrpVersion.V3, Duration.ofSeconds(1), Collections.nCopies(255, VIP));

        assertThat(encode(advertisement)).hasSize(8 + 255 * 4);
    }

    @Test
    void refusesToMixFamilies() {
        Advertisement ipv6 = advertisement(VrrpVersion.V3, Duration.ofSeconds(1), List.of(VIP, SOURCE6));

        assertThatThrownBy(() -> encode(ipv6))
                .hasMessage("address: fe80::fb (expected: of the family of the source 192.0.2.251)");
        assertThatThrownBy(() -> AdvertisementEncoder.encode(ipv6, ChecksumForm.RFC9568, SOURCE, GROUP6))
                .hasMessage("destination: ff02::12 (expected: of the family of the source 192.0.2.251)");
    }

    @Test
    void refusesVersion2OverIpv6() {
        Advertisement v2 = advertisement(VrrpVersion.V2, Duration.ofSeconds(1), List.of(SOURCE6));

        assertThatThrownBy(() -> AdvertisementEncoder.encode(v2, ChecksumForm.RFC9568, SOURCE6, GROUP6))
                .hasMessage("version: 2 (expected: 3 over IPv6)");
    }

    @Test
    void refusesAuthenticationInVersion3AndKeepsThePasswordOutOfTheMessage() {
        Authentication password = Authentication.SimplePassword.ofOctets("secret".getBytes(StandardCharsets.US_ASCII));

        assertThatThrownBy(() -> new Advertisement(
                        VrrpVersion.V3,
                        new VirtualRouterId(51),
                        Priority.DEFAULT,
                        Duration.ofSeconds(1),
                        List.of(VIP),
                        password))
                .hasMessage("authentication: SimplePassword (expected: none in VRRPv3)");
    }

    @Test
    void aPasswordIsFilledUpOrCutToEightOctets() {
        assertThat(Authentication.SimplePassword.ofOctets("1111".getBytes(StandardCharsets.US_ASCII))
                        .data())
                .isEqualTo(0x3131_3131_0000_0000L);
        assertThat(Authentication.SimplePassword.ofOctets("123456789".getBytes(StandardCharsets.US_ASCII))
                        .data())
                .isEqualTo(0x3132_3334_3536_3738L);
    }
}
