// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.Endpoint;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {

    private static final ClientRoute IPV4 =
            new ClientRoute(Endpoint.parse("192.168.0.1:56324"), Endpoint.parse("192.168.0.11:443"));
    private static final ClientRoute IPV6 =
            new ClientRoute(Endpoint.parse("[2001:db8::1]:40000"), Endpoint.parse("[2001:db8::10]:443"));

    /** The example of the specification, section 2.1. */
    private static final String V1_EXAMPLE = "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n";

    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";

    /** The checksums of these two were calculated by an independent program. */
    private static final String V2_IPV4 = SIGNATURE + "21110013c0a80001c0a8000bdc0401bb0300041c1ae9c6";

    private static final String V2_IPV6 = SIGNATURE
            + "2121002b20010db800000000000000000000000120010db80000000000000000000000109c4001bb03000483b54a09";

    /** As HAProxy 2.6 sends it, with send-proxy-v2 and proxy-v2-options crc32c,unique-id. */
    private static final String V2_HAPROXY_IPV4 = SIGNATURE + "211100167f0000017f0000019cbb6db0030004311be146050000";

    private static final String V2_HAPROXY_IPV6 = SIGNATURE
            + "2121002b00000000000000000000000000000001000000000000000000000000000000019cbb6db00300045cda7a3e";

    private static ProxyHeader decode(byte[] octets) {
        return ProxyHeaderDecoder.decode(ByteBuffer.wrap(octets));
    }

    private static ProxyHeader decodeHex(String hex) {
        return decode(HexFormat.of().parseHex(hex));
    }

    private static ProxyHeader decodeText(String text) {
        return decode(text.getBytes(ISO_8859_1));
    }

    private static void expectMalformed(ProxyHeader header) {
        assertThat(header).isInstanceOf(ProxyHeader.Malformed.class);
    }

    private static ProxyHeader complete(String hex, ClientRoute route) {
        return new ProxyHeader.Complete(hex.length() / 2, Optional.of(route));
    }

    @Test
    void headersOfTheSpecificationAndOfOthersAreUnderstood() {
        assertThat(decodeText(V1_EXAMPLE + "GET / HTTP/1.1\r\n"))
                .isEqualTo(new ProxyHeader.Complete(V1_EXAMPLE.length(), Optional.of(IPV4)));
        assertThat(decodeHex(V2_IPV4 + "474554")).isEqualTo(complete(V2_IPV4, IPV4));
        assertThat(decodeHex(V2_IPV6)).isEqualTo(complete(V2_IPV6, IPV6));
        assertThat(decodeHex(V2_HAPROXY_IPV4))
                .isEqualTo(complete(
                        V2_HAPROXY_IPV4,
                        new ClientRoute(Endpoint.parse("127.0.0.1:40123"), Endpoint.parse("127.0.0.1:28080"))));
        assertThat(decodeHex(V2_HAPROXY_IPV6))
                .isEqualTo(complete(
                        V2_HAPROXY_IPV6,
                        new ClientRoute(Endpoint.parse("[::1]:40123"), Endpoint.parse("[::1]:28080"))));
    }

    @Test
    void headersAreWrittenAsTheSpecificationHasThem() {
        assertThat(ProxyHeaderEncoder.forClient(ProxyVersion.V1, IPV4))
                .asString(ISO_8859_1)
                .isEqualTo(V1_EXAMPLE);
        assertThat(ProxyHeaderEncoder.forClient(ProxyVersion.V1, IPV6))
                .asString(ISO_8859_1)
                .isEqualTo("PROXY TCP6 2001:db8::1 2001:db8::10 40000 443\r\n");
        assertThat(HexFormat.of().formatHex(ProxyHeaderEncoder.forClient(ProxyVersion.V2, IPV4)))
                .isEqualTo(V2_IPV4);
        assertThat(HexFormat.of().formatHex(ProxyHeaderEncoder.forClient(ProxyVersion.V2, IPV6)))
                .isEqualTo(V2_IPV6);
        assertThat(HexFormat.of().formatHex(ProxyHeaderEncoder.forSelf(ProxyVersion.V2)))
                .isEqualTo(SIGNATURE + "20000000");
        assertThat(ProxyHeaderEncoder.forSelf(ProxyVersion.V1))
                .asString(ISO_8859_1)
                .isEqualTo("PROXY UNKNOWN\r\n");
    }

    @Test
    void aClientOfAnotherFamilyThanItsServerIsTold() {
        ClientRoute mixed = new ClientRoute(IPV4.client(), IPV6.server());
        assertThat(ProxyHeaderEncoder.forClient(ProxyVersion.V1, mixed))
                .asString(ISO_8859_1)
                .isEqualTo("PROXY UNKNOWN\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY UNKNOWN\r\n",
                "PROXY UNKNOWN ffff::1 ::2 1 2 whatever\r\n",
                "PROXY TCP4 192.0.2.1 192.0.2.2 0 443\r\n",
            })
    void linesWithoutAddressesLeaveThoseOfTheConnection(String line) {
        assertThat(decodeText(line)).isEqualTo(new ProxyHeader.Complete(line.length(), Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "20000000", // LOCAL
                "20110002ffff", // LOCAL, with something that is not even an address
                "21000003aabbcc", // unspecified
                "2112000cc0a80001c0a8000bdc0401bb", // datagrams
                "2110000cc0a80001c0a8000bdc0401bb",
            })
    void octetsWithoutAddressesOfTcpLeaveThoseOfTheConnection(String rest) {
        String hex = SIGNATURE + rest;
        assertThat(decodeHex(hex)).isEqualTo(new ProxyHeader.Complete(hex.length() / 2, Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n",
                "proxy TCP4 1.2.3.4 1.2.3.5 1 2\r\n",
                "PROXY  TCP4 1.2.3.4 1.2.3.5 1 2\r\n",
                "PROXY TCP4 1.2.3.4 1.2.3.5 1 2 \r\n",
                "PROXY TCP4 1.2.3.4 1.2.3.5 1 2 3\r\n",
                "PROXY TCP4 1.2.3.4 1.2.3.5 1\r\n",
                "PROXY TCP4 1.2.3.4 1.2.3.5 01 2\r\n",
                "PROXY TCP4 1.2.3.4 1.2.3.5 1 65536\r\n",
                "PROXY TCP4 1.2.3.4 1.2.3.5 1 -2\r\n",
                "PROXY TCP4 1.2.3.04 1.2.3.5 1 2\r\n",
                "PROXY TCP4 1.2.3 1.2.3.5 1 2\r\n",
                "PROXY TCP4 ::1 ::2 1 2\r\n",
                "PROXY TCP6 1.2.3.4 1.2.3.5 1 2\r\n",
                "PROXY UDP4 1.2.3.4 1.2.3.5 1 2\r\n",
                "PROXY \r\n",
                "PROXY TCP4 1.2.3.4 1.2.3.5 1 2\n",
                "PROXY TCP4 1.2.3.4 1.2.3.5 1 2\rX",
                "PROXY UNKNOWN 345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345\r",
            })
    void whatIsNotALineToTheLetterIsMalformed(String line) {
        expectMalformed(decodeText(line));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "11110000", // version 1
                "22110000", // command 2
                "2141000cc0a80001c0a8000bdc0401bb", // family 4
                "2113000cc0a80001c0a8000bdc0401bb", // transport 3
                "2111000bc0a80001c0a8000bdc0401", // too short for its family
                "2111ffff", // longer than anybody needs
                "2111000ec0a80001c0a8000bdc0401bb0300", // an extension that is cut off
                "21110010c0a80001c0a8000bdc0401bb04000500", // one that reaches behind the end
                "21110013c0a80001c0a8000bdc0401bb0300041c1ae9c7", // a wrong checksum
                "21110013c0a80001c0a8000bdc0401bc0300041c1ae9c6", // a right one of other octets
                "21110011c0a80001c0a8000bdc0401bb0300021c1a", // a short one
            })
    void brokenOctetsAreMalformed(String rest) {
        expectMalformed(decodeHex(SIGNATURE + rest));
    }

    @Test
    @Tag("property")
    void everyBeginningOfAHeaderIsIncompleteAndEveryEndIsLeftAlone() {
        for (byte[] header : new byte[][] {
            V1_EXAMPLE.getBytes(ISO_8859_1),
            HexFormat.of().parseHex(V2_IPV4),
            HexFormat.of().parseHex(V2_IPV6),
            ProxyHeaderEncoder.forSelf(ProxyVersion.V1),
            ProxyHeaderEncoder.forSelf(ProxyVersion.V2)
        }) {
            for (int length = 0; length < header.length; length++) {
                assertThat(decode(Arrays.copyOf(header, length)))
                        .as("%d of %d octets", length, header.length)
                        .isEqualTo(new ProxyHeader.Incomplete());
            }
            assertThat(decode(Arrays.copyOf(header, header.length + 1000))).isEqualTo(decode(header));
        }
    }

    @Test
    @Tag("property")
    void noOctetsMakeItThrowAndNoChangedOneOfACheckedHeaderPasses() {
        byte[] good = HexFormat.of().parseHex(V2_IPV6);
        for (long seed = 1; seed <= 20_000; seed++) {
            Random random = new Random(seed);
            byte[] octets = (random.nextBoolean() ? good : V1_EXAMPLE.getBytes(ISO_8859_1)).clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                octets[random.nextInt(octets.length)] = (byte) random.nextInt(256);
            }
            ProxyHeader header = decode(Arrays.copyOf(octets, random.nextInt(octets.length + 20)));
            assertThat(header).as("seed %d", seed).isNotNull();
        }
        // Behind the prefix and before the checksum, where nothing else would notice.
        for (int at = 16; at < good.length - 7; at++) {
            byte[] changed = good.clone();
            changed[at] ^= 0x10;
            expectMalformed(decode(changed));
        }
    }
}
