// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatusLineTest {

    private static StatusLine of(String text) {
        StatusLine line = new StatusLine();
        line.take(text.getBytes(ISO_8859_1));
        return line;
    }

    @ParameterizedTest
    @CsvSource({"HTTP/1.1 200 OK, 200", "HTTP/1.0 404 Not Found, 404", "HTTP/1.1 503, 503", "HTTP/1.1 204 , 204"})
    void aStatusIsRead(String line, int status) {
        assertThat(of(line + "\r\nServer: x\r\n").status()).isEqualTo(status);
        assertThat(of(line + "\n").status()).isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1",
                "HTTP/1.1 20",
                "HTTP/1.1 2000 OK",
                "HTTP/2 200 OK",
                "SSH-2.0-OpenSSH",
                "HTTP/1.x 200 OK"
            })
    void anythingElseIsNone(String line) {
        assertThat(of(line + "\r\n").status()).isEqualTo(-1);
    }

    @Test
    void theLineMayComeOctetByOctet() {
        StatusLine line = new StatusLine();
        for (byte octet : "HTTP/1.1 200 OK\r".getBytes(ISO_8859_1)) {
            assertThat(line.take(new byte[] {octet})).isFalse();
        }
        assertThat(line.take(new byte[] {'\n', 'x'})).isTrue();
        assertThat(line.status()).isEqualTo(200);
    }

    @Test
    void aLineWithoutEndIsCutOff() {
        StatusLine line = new StatusLine();
        assertThat(line.take(new byte[StatusLine.MAX_LENGTH])).isFalse();
        assertThat(line.take(new byte[1])).isTrue();
        assertThat(line.status()).isEqualTo(-1);
    }

    @Test
    void onlyPrintableCharactersAreShownAndNotManyOfThem() {
        assertThat(of("SSH-2.0\u0007 x\n").shown()).isEqualTo("SSH-2.0. x");
        assertThat(of("x".repeat(200) + "\n").shown()).hasSize(40);
    }
}
