// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlowExplanationRequestTest {

    @Test
    void bothEndsAreReadAsPeopleWriteThem() {
        FlowExplanationRequest request = FlowExplanationRequest.parse("192.0.2.7:40000", "198.51.100.10:443/tcp");
        assertThat(request.client()).isEqualTo(IpAddress.parse("192.0.2.7"));
        assertThat(request.clientPort()).isEqualTo(OptionalInt.of(40000));
        assertThat(request.transport()).isEqualTo(Transport.TCP);
        assertThat(request.source()).isEqualTo("192.0.2.7:40000");
        assertThat(request.listener()).isEqualTo("198.51.100.10:443/tcp");
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 198.51.100.10:443, 192.0.2.7, 198.51.100.10:443/tcp",
        "2001:db8::7, [2001:db8::10]:53/udp, 2001:db8::7, [2001:db8::10]:53/udp",
        "[2001:db8::7]:40000, [2001:db8::10]:53/UDP, [2001:db8::7]:40000, [2001:db8::10]:53/udp",
    })
    void portAndTransportMayBeLeftOut(String source, String destination, String asSource, String asDestination) {
        FlowExplanationRequest request = FlowExplanationRequest.parse(source, destination);
        assertThat(request.source()).isEqualTo(asSource);
        assertThat(request.listener()).isEqualTo(asDestination);
        assertThat(FlowExplanationRequest.parse(request.source(), request.listener()))
                .isEqualTo(request);
    }

    @ParameterizedTest
    @CsvSource({
        "client7, 198.51.100.10:443, source: client7 (expected: ADDRESS or",
        "192.0.2.7:0, 198.51.100.10:443, source: 192.0.2.7:0 (expected: ADDRESS or",
        "192.0.2.7, 198.51.100.10, destination: 198.51.100.10 (expected: ADDRESS:PORT or",
        "192.0.2.7, 198.51.100.10:443/sctp, 'destination: 198.51.100.10:443/sctp (expected: ADDRESS:PORT, with /tcp or'",
        "2001:db8::7, 198.51.100.10:443, 'source: 2001:db8::7 (expected: an IPv4 address, as 198.51.100.10 is one)'",
        "'', '', destination:  (expected: ADDRESS:PORT",
    })
    void whatIsWrongIsNamedWithWhatWasExpected(String source, String destination, String message) {
        assertThatThrownBy(() -> FlowExplanationRequest.parse(source, destination))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }
}
