// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NotedLinksTest {

    private static final InterfaceName ETH0 = new InterfaceName("eth0");
    private static final IpAddress OWN = IpAddress.parse("198.18.0.1");

    private final List<EventDraft> facts = new ArrayList<>();
    private Optional<LinkState> state = Optional.of(link(2, true, true, OWN));
    private final NotedLinks links = new NotedLinks(name -> state, facts::add);

    private static LinkState link(int index, boolean up, boolean carrier, IpAddress... sources) {
        return new LinkState(index, new MacAddress(0x02_00_00_00_00_01L), 1500, up, carrier, List.of(sources));
    }

    private Optional<String> sentenceAfter(Optional<LinkState> next) throws KernelException {
        facts.clear();
        state = next;
        assertThat(links.find(ETH0)).isEqualTo(next);
        assertThat(facts.size()).isLessThanOrEqualTo(1);
        return facts.stream().map(EventDraft::sentence).findFirst();
    }

    @Test
    void everyChangeIsToldOnce() throws KernelException {
        assertThat(sentenceAfter(state)).as("the first look is no change").isEmpty();
        assertThat(sentenceAfter(state)).isEmpty();
        assertThat(sentenceAfter(Optional.of(link(2, true, false, OWN)))).contains("the carrier is lost");
        assertThat(facts.getFirst().severity()).isEqualTo(Severity.WARNING);
        assertThat(facts.getFirst().subject()).isEqualTo("eth0");
        assertThat(facts.getFirst().fields())
                .containsEntry("up", "true")
                .containsEntry("carrier", "false")
                .containsEntry("index", "2")
                .containsEntry("address", "198.18.0.1");
        assertThat(sentenceAfter(Optional.of(link(2, true, true, OWN)))).contains("the carrier is back");
        assertThat(facts.getFirst().severity()).isEqualTo(Severity.INFO);
        assertThat(sentenceAfter(Optional.of(link(2, false, false, OWN)))).contains("the interface was set down");
        assertThat(sentenceAfter(Optional.of(link(2, true, true, OWN)))).contains("the interface was set up");
        assertThat(sentenceAfter(Optional.of(link(2, true, true)))).contains("the interface has lost its IPv4 address");
        assertThat(sentenceAfter(Optional.of(link(2, true, true, OWN))))
                .contains("the interface has the address 198.18.0.1 now");
        assertThat(sentenceAfter(Optional.of(link(7, true, true, OWN))))
                .contains("the interface was replaced by another of the same name");
        assertThat(sentenceAfter(Optional.empty())).contains("the interface is gone");
        assertThat(sentenceAfter(Optional.empty())).isEmpty();
        assertThat(sentenceAfter(Optional.of(link(8, true, true, OWN)))).contains("the interface has appeared");
    }

    @Test
    void aVirtualAddressOfIpv6IsNoChangeOfTheInterface() throws KernelException {
        IpAddress linkLocal = IpAddress.parse("fe80::1");
        assertThat(sentenceAfter(Optional.of(link(2, true, true, OWN, linkLocal))))
                .isEmpty();
        assertThat(sentenceAfter(Optional.of(link(2, true, true, OWN, IpAddress.parse("2001:db8::200"), linkLocal))))
                .isEmpty();
        assertThat(sentenceAfter(Optional.of(link(2, true, true, OWN, IpAddress.parse("2001:db8::200")))))
                .contains("the interface has lost its IPv6 address");
        assertThat(facts.getFirst().fields()).containsEntry("link_local", "none");
    }
}
