// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.kernel.LinkTable;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv6Address;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import io.mainstay.observe.Severity;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Links as another table has them; whoever asks for one hears, aside, what changed since it was asked for last. Belongs to
 * the election thread.
 */
final class NotedLinks implements LinkTable {

    private final LinkTable links;
    private final Consumer<EventDraft> facts;
    private final Map<InterfaceName, Optional<LinkState>> known = new HashMap<>();

    NotedLinks(LinkTable links, Consumer<EventDraft> facts) {
        this.links = links;
        this.facts = facts;
    }

    @Override
    public Optional<LinkState> find(InterfaceName interfaceName) throws KernelException {
        Optional<LinkState> now = links.find(interfaceName);
        Optional<LinkState> before = known.put(interfaceName, now);
        if (before != null && !before.equals(now)) {
            note(interfaceName, before, now);
        }
        return now;
    }

    private void note(InterfaceName name, Optional<LinkState> before, Optional<LinkState> now) {
        if (now.isEmpty()) {
            facts.accept(EventDraft.warning(EventKind.LINK, name.value(), "the interface is gone"));
            return;
        }
        String change = before.map(was -> change(was, now.get())).orElse("the interface has appeared");
        if (change.isEmpty()) {
            return;
        }
        LinkState state = now.get();
        EventDraft fact = new EventDraft(
                        state.isUsable() ? Severity.INFO : Severity.WARNING,
                        EventKind.LINK,
                        name.value(),
                        change,
                        Map.of())
                .with("up", state.up())
                .with("carrier", state.carrier())
                .with("index", state.index())
                .with(
                        "address",
                        primary(state, IpFamily.IPV4).map(Object::toString).orElse("none"))
                .with(
                        "link_local",
                        primary(state, IpFamily.IPV6).map(Object::toString).orElse("none"));
        facts.accept(fact);
    }

    private static String change(LinkState before, LinkState now) {
        if (before.index() != now.index()) {
            return "the interface was replaced by another of the same name";
        }
        if (before.up() != now.up()) {
            return now.up() ? "the interface was set up" : "the interface was set down";
        }
        if (before.carrier() != now.carrier()) {
            return now.carrier() ? "the carrier is back" : "the carrier is lost";
        }
        for (IpFamily family : IpFamily.values()) {
            Optional<IpAddress> primary = primary(now, family);
            if (!primary(before, family).equals(primary)) {
                return primary.map(address -> "the interface has the address " + address + " now")
                        .orElse("the interface has lost its " + family + " address");
            }
        }
        return before.mac().equals(now.mac()) ? "" : "the interface has the MAC " + now.mac() + " now";
    }

    /** Of IPv6 the link-local one: virtual addresses come and go among the others. */
    private static Optional<IpAddress> primary(LinkState state, IpFamily family) {
        return state.sources().stream()
                .filter(address -> address.family() == family)
                .filter(address -> !(address instanceof Ipv6Address ipv6) || ipv6.isLinkLocal())
                .findFirst();
    }
}
