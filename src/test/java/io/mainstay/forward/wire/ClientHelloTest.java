// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHelloTest {

    /** openssl s_client of OpenSSL 3.0, -servername www.example.org -alpn h2,http/1.1. */
    private static final String OPENSSL =
            "160301014e0100014a0303d712f5366332ae6c5ca33dc1d151d02d4a4a5f31624dce010842abc2d829"
                    + "241f205ea366f5528e154f276e27e77a12e0a1a1aaccd8c58a1b734b2d5a6f0a0eb7ba003e130213031301c02cc030009fcca9cca8"
                    + "ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039c009c0130033009d009c003d003c0035002f00ff010000c3000000"
                    + "14001200000f7777772e6578616d706c652e6f7267000b000403000102000a00160014001d0017001e001900180100010101020103"
                    + "0104002300000010000e000c02683208687474702f312e310016000000170000000d002a0028040305030603080708080809080a08"
                    + "0b080408050806040105010601030303010302040205020602002b0009080304030303020301002d00020101003300260024001d00"
                    + "201b5d9eeb3643876e49792a8fb59ecbfcd31fb1ab34a0e07129b8a110b5076067";

    /** The same with -noservername -tls1_2. */
    private static final String OPENSSL_WITHOUT_NAME =
            "16030100b7010000b303030f0d9092f51272ad06cba1ffa744c448f82e2cf245a0"
                    + "c8ad5620bfaf55aeae39000038c02cc030009fcca9cca8ccaac02bc02f009ec024c028006bc023c0270067c00ac0140039c009c013"
                    + "0033009d009c003d003c0035002f00ff01000052000b000403000102000a000c000a001d0017001e00190018002300000016000000"
                    + "170000000d002a0028040305030603080708080809080a080b08040805080604010501060103030301030204020502"
                    + "0602";

    private static ClientHello decode(byte[] octets) {
        return ClientHelloDecoder.decode(ByteBuffer.wrap(octets));
    }

    private static ClientHello complete(String serverName, String... protocols) {
        return new ClientHello.Complete(Optional.of(serverName).filter(n -> !n.isEmpty()), List.of(protocols));
    }

    /** The handshake message of a single record, in records of random lengths. */
    private static byte[] cut(byte[] record, Random random) {
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        int at = 5;
        while (at < record.length) {
            int length = Math.min(record.length - at, 1 + random.nextInt(random.nextBoolean() ? 3 : 400));
            records.write(record, 0, 3);
            records.write(length >> 8);
            records.write(length);
            records.write(record, at, length);
            at += length;
        }
        return records.toByteArray();
    }

    @Test
    void namesAndProtocolsAreFound() {
        assertThat(decode(HexFormat.of().parseHex(OPENSSL))).isEqualTo(complete("www.example.org", "h2", "http/1.1"));
        assertThat(decode(HexFormat.of().parseHex(OPENSSL_WITHOUT_NAME))).isEqualTo(complete(""));
        assertThat(decode(Hellos.hello("WWW.Example.ORG", "h2"))).isEqualTo(complete("www.example.org", "h2"));
        assertThat(decode(Hellos.hello(""))).isEqualTo(complete(""));
        assertThat(decode(Hellos.hello("", "spdy/9", "h2"))).isEqualTo(complete("", "spdy/9", "h2"));
    }

    @Test
    void whatFollowsTheMessageDoesNotMatter() {
        byte[] hello = Hellos.hello("a.example", "h2");
        byte[] more = Arrays.copyOf(hello, hello.length + 100);
        Arrays.fill(more, hello.length, more.length, (byte) 23);
        assertThat(decode(more)).isEqualTo(complete("a.example", "h2"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "474554", // GET
                "5353482d322e30", // SSH-2.0
                "0d0a0d0a00", // a PROXY header
                "1703010005", // data
                "1602000005", // SSL 2
                "1603010000", // an empty record
                "16030140010100", // a record that is too long
                "160301000402000001", // the message of a server
                "160301000401010000", // a message that is too long
                "16030100050100000103", // one that ends within its version
            })
    void whatIsNotAFirstMessageIsNotTls(String hex) {
        assertThat(decode(HexFormat.of().parseHex(hex))).isInstanceOf(ClientHello.NotTls.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a/b", "\u00e4", "a\u0000b", ""})
    void aServerNameThatIsNoNameIsNotTls(String name) {
        byte[] record = HexFormat.of().parseHex(OPENSSL);
        byte[] wanted = "www.example.org".getBytes(ISO_8859_1);
        int at = new String(record, ISO_8859_1).indexOf("www.example.org");
        // The same length, so that nothing else is wrong.
        Arrays.fill(record, at, at + wanted.length, (byte) 'x');
        byte[] octets = name.isEmpty() ? new byte[] {' '} : name.getBytes(ISO_8859_1);
        System.arraycopy(octets, 0, record, at, octets.length);
        assertThat(decode(record)).isInstanceOf(ClientHello.NotTls.class);
    }

    @Test
    @Tag("property")
    void howeverItIsCutIntoRecordsAndSegmentsItIsTheSameAndEveryBeginningIsIncomplete() {
        for (long seed = 1; seed <= 300; seed++) {
            Random random = new Random(seed);
            byte[] whole = random.nextBoolean() ? HexFormat.of().parseHex(OPENSSL) : Hellos.hello("b.example", "h2");
            ClientHello expected = decode(whole);
            assertThat(expected).isInstanceOf(ClientHello.Complete.class);
            byte[] records = cut(whole, random);
            assertThat(decode(records)).as("seed %d", seed).isEqualTo(expected);
            for (int length = 0; length < records.length; length += 1 + random.nextInt(20)) {
                assertThat(decode(Arrays.copyOf(records, length)))
                        .as("seed %d, %d of %d octets", seed, length, records.length)
                        .isEqualTo(new ClientHello.Incomplete());
            }
        }
    }

    @Test
    @Tag("property")
    void noOctetsMakeItThrow() {
        byte[] openssl = HexFormat.of().parseHex(OPENSSL);
        int complete = 0;
        for (long seed = 1; seed <= 50_000; seed++) {
            Random random = new Random(seed);
            byte[] octets = random.nextInt(4) == 0 ? cut(openssl, random) : openssl.clone();
            for (int i = random.nextInt(6); i >= 0; i--) {
                octets[random.nextInt(octets.length)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(8) == 0) {
                random.nextBytes(octets);
                octets[0] = 22;
                octets[1] = 3;
            }
            ClientHello hello = decode(Arrays.copyOf(octets, random.nextInt(octets.length + 20)));
            complete += hello instanceof ClientHello.Complete ? 1 : 0;
        }
        // Else it would only have looked at the first octets.
        assertThat(complete).isGreaterThan(1_000);
    }
}
