// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Forwarding;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AutoChoiceTest {

    private static KernelService service(Balance balance, String backend, Forwarding mode, String... sources) {
        return new KernelService(
                Samples.config(
                        SelectionConfig.of(balance),
                        "198.18.0.100:80",
                        new BackendConfig("web", Endpoint.parse(backend), 100)),
                TrafficConfig.DEFAULT,
                "",
                EngineWish.AUTO,
                mode,
                java.util.Arrays.stream(sources).map(IpAddress::parse).toList());
    }

    private static Optional<String> objection(KernelService service) {
        return new AutoChoice(Samples.SETTINGS).objection(service);
    }

    @ParameterizedTest
    @EnumSource(Balance.class)
    void onlyAHashedChoiceIsTheSameInBothEngines(Balance balance) {
        Optional<String> objection = objection(service(balance, "198.18.0.11:80", Forwarding.FULL_NAT));
        if (balance == Balance.MAGLEV || balance == Balance.SOURCE_HASH) {
            assertThat(objection).isEmpty();
        } else {
            assertThat(objection)
                    .hasValueSatisfying(reason -> assertThat(reason).contains("approximates balance"));
        }
    }

    @Test
    void backendsMustFindTheWayBack() {
        assertThat(objection(service(Balance.MAGLEV, "198.18.1.11:80", Forwarding.FULL_NAT)))
                .hasValue(
                        "backend 198.18.1.11 is on another network than the virtual address, and may not find the way back"
                                + " to it");
        assertThat(objection(service(Balance.MAGLEV, "198.18.1.11:80", Forwarding.FULL_NAT, "198.18.0.101")))
                .isEmpty();
        assertThat(objection(service(Balance.MAGLEV, "198.18.1.11:80", Forwarding.NAT)))
                .isEmpty();
    }

    @Test
    void withoutASecretThereIsNoChoice() {
        KernelSettings open = new KernelSettings(
                Samples.SETTINGS.addresses(),
                Samples.SETTINGS.interfaces(),
                Set.of(),
                "",
                Samples.SETTINGS.sourcePorts(),
                Samples.SETTINGS.ownAddresses(),
                XdpWish.NEVER);
        assertThat(new AutoChoice(open).isOffered()).isFalse();
        assertThat(new AutoChoice(Samples.SETTINGS).isOffered()).isTrue();
    }

    @Test
    void suitabilityIsAskedToo() {
        KernelService onThisHost = service(Balance.MAGLEV, "127.0.0.1:80", Forwarding.NAT);
        assertThat(objection(onThisHost)).isEmpty();
        assertThat(new Suitability(Samples.SETTINGS, List.of(onThisHost)).objection(onThisHost))
                .isPresent();
    }
}
