// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.Authentication.SimplePassword;
import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.election.wire.DecodeResult.Decoded;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the driver puts on the wire and takes from it, by version and configuration. */
class ElectionDriverProtocolTest extends ElectionDriverBench {

    private static final Authentication PASSWORD = SimplePassword.ofOctets("1111".getBytes(StandardCharsets.US_ASCII));

    private static final Duration SECOND = Duration.ofSeconds(1);

    @BeforeEach
    void plug() {
        kernel.plug("eth0", 2, "198.18.0.10");
    }

    private static ProtocolConfig version2(Authentication authentication) {
        return new ProtocolConfig(VrrpVersion.V2, ChecksumPreference.AUTO, authentication);
    }

    private static Advertisement advertisement(
            VrrpVersion version, int priority, Authentication authentication, String... addresses) {
        return new Advertisement(
                version,
                new VirtualRouterId(51),
                new Priority(priority),
                SECOND,
                List.of(addresses).stream().map(IpAddress::parse).toList(),
                authentication);
    }

    private List<Decoded> sent() {
        return kernel.sent.stream()
                .map(AdvertisementDecoder::decode)
                .map(result -> (Decoded) result)
                .toList();
    }

    private Map<DiscardReason, Long> discards(ElectionDriver driver) {
        return driver.snapshot().interfaces().getFirst().discards();
    }

    @Test
    void version2IsSpokenWithItsPassword() {
        ElectionDriver driver = driver(setup("web", "eth0", 51, 100, version2(PASSWORD), "198.18.0.200/24"));
        runFor(driver, ACTIVE_DOWN);
        assertThat(sent())
                .containsExactly(new Decoded(
                        advertisement(VrrpVersion.V2, 100, PASSWORD, "198.18.0.200"), ChecksumForm.RFC9568));
        assertThat(kernel.sent.getFirst().destination()).isEqualTo(Ipv4Address.VRRP_GROUP);
        kernel.hear("eth0", "198.18.0.11", advertisement(VrrpVersion.V2, 200, PASSWORD, "198.18.0.200"));
        runFor(driver, Duration.ZERO);
        assertThat(stateOf(driver, "web")).isEqualTo("BACKUP");
    }

    @Test
    void whatIsRefusedIsCountedAndToldWithTheNameOfTheRouterOnceAnHour() {
        ElectionDriver driver = activeDriver();
        for (int i = 0; i < 3_700; i++) {
            kernel.hear("eth0", "198.18.0.66", advertisement(VrrpVersion.V2, 200, Authentication.NONE, "198.18.0.200"));
            kernel.advance(SECOND);
            driver.runOnce();
        }
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(discards(driver)).containsExactly(Map.entry(DiscardReason.VERSION_OTHER, 3_700L));
        assertThat(noticeLabels()).containsExactly("discarded-version-other", "discarded-version-other");
        assertThat(notices.getFirst().router()).contains("web");
        assertThat(notices.getFirst().sentence())
                .startsWith("messages of 198.18.0.66 are discarded: it speaks VRRPv2 for VRID 51, this node VRRPv3");
    }
}
