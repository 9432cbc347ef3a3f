// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Messages whose octets were computed by other programs, and what they say. */
@SuppressWarnings("ImmutableEnumChecker") // the values are immutable, but not annotated as such
enum Vectors {
    V2_WITHOUT_AUTHENTICATION(
            "213364010001b8c8c00002010000000000000000",
            v2(Authentication.NONE),
            ChecksumForm.RFC9568,
            "192.0.2.251",
            "224.0.0.18"),
    V2_WITH_PASSWORD(
            "2133640101015566c00002013131313100000000",
            v2(new Authentication.SimplePassword(0x3131_3131_0000_0000L)),
            ChecksumForm.RFC9568,
            "192.0.2.251",
            "224.0.0.18"),
    V3_MESSAGE_ALONE("313364010064a865c0000201", v3("192.0.2.1"), ChecksumForm.RFC9568, "192.0.2.251", "224.0.0.18"),
    V3_PSEUDO_HEADER(
            "31336401006404dbc0000201", v3("192.0.2.1"), ChecksumForm.PSEUDO_HEADER, "192.0.2.251", "224.0.0.18"),
    V3_PSEUDO_HEADER_UNICAST(
            "31336401006421f1c0000201", v3("192.0.2.1"), ChecksumForm.PSEUDO_HEADER, "192.0.2.251", "192.0.2.252"),
    V3_PSEUDO_HEADER_OF_GROUP_UNICAST(
            "31336401006404dbc0000201",
            v3("192.0.2.1"),
            ChecksumForm.PSEUDO_HEADER_OF_GROUP,
            "192.0.2.251",
            "192.0.2.252"),
    V3_IPV6(
            "3133640200643f01fe80000000000000000000000000000120010db8000000000000000000000001",
            v3("fe80::1", "2001:db8::1"),
            ChecksumForm.PSEUDO_HEADER,
            "fe80::fb",
            "ff02::12");

    private final String hex;
    final Advertisement advertisement;
    final ChecksumForm form;
    final IpAddress source;
    final IpAddress destination;

    Vectors(String hex, Advertisement advertisement, ChecksumForm form, String source, String destination) {
        this.hex = hex;
        this.advertisement = advertisement;
        this.form = form;
        this.source = IpAddress.parse(source);
        this.destination = IpAddress.parse(destination);
    }

    private static Advertisement v2(Authentication authentication) {
        return new Advertisement(
                VrrpVersion.V2,
                new VirtualRouterId(51),
                Priority.DEFAULT,
                Duration.ofSeconds(1),
                List.of(IpAddress.parse("192.0.2.1")),
                authentication);
    }

    private static Advertisement v3(String... addresses) {
        return new Advertisement(
                VrrpVersion.V3,
                new VirtualRouterId(51),
                Priority.DEFAULT,
                Duration.ofSeconds(1),
                Stream.of(addresses).map(IpAddress::parse).toList());
    }

    byte[] octets() {
        return HexFormat.of().parseHex(hex);
    }

    IpDatagram datagram(byte[] payload) {
        return new IpDatagram(source, destination, MessageLayout.HOP_LIMIT, payload);
    }
}
