// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.ChecksumPreference;
import io.mainstay.election.ProtocolConfig;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.Authentication;
import io.mainstay.election.wire.VrrpVersion;
import io.mainstay.kernel.linux.SharedPageGuard;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.takeover.AnnounceConfig;
import io.mainstay.takeover.VirtualMacConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ElectionRehearsalTest {

    private static final ProtocolConfig V2 =
            new ProtocolConfig(VrrpVersion.V2, ChecksumPreference.AUTO, Authentication.NONE);

    /** Notes which addresses it was asked for. */
    private static final class NotingGate implements ServiceGate {

        final Set<IpAddress> asked = new HashSet<>();
        int open;

        @Override
        public void expect(IpAddress address) {
            asked.add(address);
        }

        @Override
        public void open(Set<IpAddress> addresses) {
            asked.addAll(addresses);
            open++;
        }

        @Override
        public CompletableFuture<?> close(Set<IpAddress> addresses) {
            asked.addAll(addresses);
            open--;
            return CompletableFuture.completedFuture(null);
        }
    }

    private static RouterSetup router(int vrid, int priority, ProtocolConfig protocol, String... addresses) {
        return new RouterSetup(
                new VirtualRouterConfig(
                        "router" + vrid,
                        new InterfaceName("eth0"),
                        new VirtualRouterId(vrid),
                        new Priority(priority),
                        Duration.ofSeconds(1),
                        List.of(addresses).stream().map(VirtualAddress::parse).toList(),
                        protocol,
                        true,
                        Duration.ZERO),
                new AnnounceConfig(3, Duration.ofMinutes(1)));
    }

    private static RouterSetup more(RouterSetup plain, Optional<String> group, Optional<VirtualMacConfig> mac) {
        return new RouterSetup(
                plain.config(),
                plain.announce(),
                AuthenticationConfig.NONE,
                group,
                Duration.ofMinutes(1),
                Optional.empty(),
                mac);
    }

    private static NotingGate rehearsed(RouterSetup... setups) {
        NotingGate gate = new NotingGate();
        assertThat(ElectionRehearsal.run(List.of(setups), SharedPageGuard.ofNobody(), gate))
                .isTrue();
        return gate;
    }

    @Test
    void everyShapePlaysToTheEndAndTouchesNothingReal() {
        NotingGate gate = rehearsed(
                router(1, 200, ProtocolConfig.DEFAULT, "198.18.0.100/24"),
                router(2, 100, ProtocolConfig.DEFAULT, "198.18.0.101/24", "fe80::100/64", "2001:db8::100/64"),
                router(3, 100, V2, "198.18.0.102/24"),
                router(4, 255, ProtocolConfig.DEFAULT, "198.18.0.103/24"),
                more(
                        router(5, 150, ProtocolConfig.DEFAULT, "198.18.0.104/24"),
                        Optional.empty(),
                        Optional.of(new VirtualMacConfig(VirtualMacConfig.DEFAULT_PREFIX))));
        assertThat(gate.asked).containsExactly(IpAddress.parse("192.0.2.1"));
        assertThat(gate.open).isZero();
    }

    @Test
    void thoseOfASyncGroupPlayTogether() {
        NotingGate gate = rehearsed(
                more(router(1, 200, ProtocolConfig.DEFAULT, "198.18.0.100/24"), Optional.of("both"), Optional.empty()),
                more(
                        router(2, 200, ProtocolConfig.DEFAULT, "2001:db8::100/64"),
                        Optional.of("both"),
                        Optional.empty()));
        assertThat(gate.open).isZero();
    }

    @Test
    void ofHundredsAFewPlayForAll() {
        List<RouterSetup> many = new ArrayList<>();
        for (int vrid = 1; vrid <= 255; vrid++) {
            many.add(router(vrid, 100, ProtocolConfig.DEFAULT, "198.18.1." + vrid + "/16"));
        }
        NotingGate gate = new NotingGate();
        assertThat(ElectionRehearsal.run(many, SharedPageGuard.ofNobody(), gate))
                .isTrue();
        assertThat(gate.open).isZero();
    }
}
