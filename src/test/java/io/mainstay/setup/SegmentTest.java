// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import static io.mainstay.setup.Samples.ip;
import static io.mainstay.setup.Samples.virtual;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.VirtualRouterId;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Who was heard, and which numbers that leaves. */
class SegmentTest {

    private static Optional<Speaker> heard(String hexPayload) {
        return Speaker.of(new IpDatagram(
                ip("198.18.0.7"), Ipv4Address.VRRP_GROUP, 255, HexFormat.of().parseHex(hexPayload)));
    }

    private static Speaker at(int vrid, String... addresses) {
        return new Speaker(
                new VirtualRouterId(vrid),
                ip("198.18.0.7"),
                "VRRP version 3, priority 100",
                List.of(addresses).stream().map(Samples::ip).toList());
    }

    private static Segment of(Speaker... speakers) {
        return new Segment(List.of(speakers), Map.of());
    }

    @Test
    void anAdvertisementTellsItsNumberAndAddresses() {
        // Version 2: VRID 9, priority 100, one address, no authentication, 1 s, checksum, 198.18.0.100, eight octets.
        assertThat(heard("210964010001" + "b47d" + "c6120064" + "0000000000000000")
                        .map(Speaker::toString))
                .contains("VRID 9: 198.18.0.7, VRRP version 2, priority 100, for 198.18.0.100");
    }

    @Test
    void whatCannotBeReadUsesItsNumberToo() {
        assertThat(heard("310964010064" + "dead" + "c6120064")).hasValueSatisfying(speaker -> {
            assertThat(speaker.vrid()).isEqualTo(new VirtualRouterId(9));
            assertThat(speaker.addresses()).isEmpty();
            assertThat(speaker.toString()).contains("cannot be read (checksum");
        });
        assertThat(heard("2105" + "0007" + "00".repeat(32)).map(Speaker::toString))
                .contains("VRID 5: 198.18.0.7, CARP");
        assertThat(heard("3100")).isEmpty();
        assertThat(heard("31")).isEmpty();
        assertThat(heard("")).isEmpty();
    }

    @Test
    void theLastOctetOfTheAddressIsOfferedOrTheNextFreeNumber() {
        assertThat(Segment.silent().freeVrid(ip("198.18.0.100"))).contains(new VirtualRouterId(100));
        assertThat(of(at(100), at(101)).freeVrid(ip("198.18.0.100"))).contains(new VirtualRouterId(102));
        assertThat(of(at(255)).freeVrid(ip("198.18.0.255"))).contains(new VirtualRouterId(1));
        assertThat(Segment.silent().freeVrid(ip("2001:db8::"))).contains(new VirtualRouterId(1));
        assertThat(Segment.silent().freeVrid(ip("2001:db8::1:a0"))).contains(new VirtualRouterId(0xa0));
    }

    @Test
    void whenAllAreTakenNoneIsOffered() {
        Speaker[] all = IntStream.rangeClosed(1, 255).mapToObj(SegmentTest::at).toArray(Speaker[]::new);
        assertThat(of(all).freeVrid(ip("198.18.0.100"))).isEmpty();
    }

    @Test
    void whoAdvertisesAnAddressOfThePairIsNoStranger() {
        Segment segment = of(at(7, "198.18.0.100"), at(8, "198.18.0.200"));
        assertThat(segment.advertiserOf(virtual("198.18.0.100/24"))).contains(at(7, "198.18.0.100"));
        assertThat(segment.advertiserOf(virtual("198.18.0.101/24"))).isEmpty();
        assertThat(segment.strangerAt(new VirtualRouterId(7), virtual("198.18.0.100/24")))
                .isEmpty();
        assertThat(segment.strangerAt(new VirtualRouterId(8), virtual("198.18.0.100/24")))
                .contains(at(8, "198.18.0.200"));
    }
}
