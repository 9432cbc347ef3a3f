// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.DecodeResult;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import io.mainstay.observe.VirtualRouterStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether advertisements get through: a firewall, and the network, on trial. Who sends them is for {@link PeerCheck}. */
final class WireCheck {

    private static final String CHECK = "advertisements";

    private WireCheck() {}

    static List<Finding> examine(Patient patient) {
        List<Finding> findings = new ArrayList<>();
        for (InterfaceName name : patient.interfaces()) {
            Heard heard = patient.heard().get(name);
            if (heard == null) {
                findings.add(Finding.skipped(CHECK, name.value(), "could not be listened to", "run as root"));
                continue;
            }
            Set<IpAddress> own = ownAddresses(patient, name);
            for (IpFamily family : families(patient, name)) {
                findings.add(arrival(patient, name, family, heard, own));
            }
            departure(patient, name, heard, own).ifPresent(findings::add);
            others(patient, name, arrived(heard, own)).ifPresent(findings::add);
        }
        return findings;
    }

    private static Set<IpFamily> families(Patient patient, InterfaceName name) {
        Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
        patient.routersOn(name).forEach(router -> families.addAll(router.families()));
        return families;
    }

    static Set<IpAddress> ownAddresses(Patient patient, InterfaceName name) {
        Set<IpAddress> own = new HashSet<>();
        try {
            patient.host().addresses(name).forEach(address -> own.add(address.address()));
        } catch (KernelException e) {
            // Then nothing counts as our own, which shows as a peer of our own address.
            return own;
        }
        return own;
    }

    /** What came from others, for this node among others. */
    static List<IpDatagram> arrived(Heard heard, Set<IpAddress> own) {
        return heard.seen().stream()
                .filter(each -> !own.contains(each.source()))
                .filter(each -> each.destination().isMulticast() || own.contains(each.destination()))
                .toList();
    }

    private static Finding arrival(
            Patient patient, InterfaceName name, IpFamily family, Heard heard, Set<IpAddress> own) {
        String seconds = " in " + heard.listened().toMillis() / 1000.0 + " s";
        String subject = name.value() + (family == IpFamily.IPV6 ? " IPv6" : "");
        long arrived = arrived(heard, own).stream()
                .filter(each -> each.source().family() == family)
                .count();
        if (arrived == 0) {
            return nothing(patient, name, heard.listened(), subject, "none came in" + seconds);
        }
        boolean delivered =
                heard.delivered().stream().anyMatch(each -> each.source().family() == family);
        return delivered
                ? Finding.ok(CHECK, subject, arrived + " came in" + seconds + " and reached a socket")
                : Finding.failed(
                        CHECK,
                        subject,
                        arrived + " came in" + seconds
                                + ", and none reached a socket: a firewall of this host or rp_filter"
                                + " drops them, so that this node becomes Active beside the other",
                        "accept IP protocol 112 there; the checks firewall and sysctl may name the reason");
    }

    private static Finding nothing(
            Patient patient, InterfaceName name, Duration listened, String subject, String found) {
        if (patient.routersOn(name).stream().allMatch(patient::isActive)) {
            return Finding.ok(
                    CHECK,
                    subject,
                    found + ", as is right while this node is Active; look on a peer whether it is heard");
        }
        boolean tooShort = patient.routersOn(name).stream()
                .anyMatch(router -> router.advertisementInterval().compareTo(listened) > 0);
        return tooShort
                ? Finding.skipped(
                        CHECK,
                        subject,
                        found + ", which is less than an advertisement interval",
                        "mainstay status tells more")
                : Finding.warning(
                        CHECK,
                        subject,
                        found + ": no other router is Active there, or the network drops them",
                        "if another node is Active, run mainstay doctor there; on the switch look for IGMP snooping without a"
                                + " querier, and for access lists on protocol 112");
    }

    /** Whether what the daemon says it sends leaves the host. */
    private static Optional<Finding> departure(Patient patient, InterfaceName name, Heard heard, Set<IpAddress> own) {
        boolean left = heard.seen().stream().anyMatch(each -> own.contains(each.source()));
        for (VirtualRouterConfig router : patient.routersOn(name)) {
            Optional<VirtualRouterStatus> before = Patient.statusOf(patient.before(), router);
            Optional<VirtualRouterStatus> after = Patient.statusOf(patient.after(), router);
            if (before.isPresent()
                    && after.isPresent()
                    && after.get().advertisementsSent() > before.get().advertisementsSent() + 1) {
                return Optional.of(
                        left
                                ? Finding.ok(CHECK, name.value(), "what the daemon sends leaves the host")
                                : Finding.failed(
                                        CHECK,
                                        name.value(),
                                        "the daemon sends them, and none leaves the host: a firewall drops them on their way"
                                                + " out, and the other nodes become Active too",
                                        "accept IP protocol 112 in chains with hook output, postrouting and egress"));
            }
        }
        return Optional.empty();
    }

    /** What is no advertisement of a virtual router here. */
    private static Optional<Finding> others(Patient patient, InterfaceName name, List<IpDatagram> arrived) {
        Set<String> strangers = new LinkedHashSet<>();
        Set<String> unreadable = new LinkedHashSet<>();
        for (IpDatagram datagram : arrived) {
            switch (AdvertisementDecoder.decode(datagram)) {
                case DecodeResult.Decoded decoded -> {
                    boolean known = patient.routersOn(name).stream()
                            .filter(router ->
                                    router.families().contains(datagram.source().family()))
                            .anyMatch(router ->
                                    router.vrid().equals(decoded.advertisement().vrid()));
                    if (!known) {
                        strangers.add("VRID " + decoded.advertisement().vrid() + " of " + datagram.source());
                    }
                }
                case DecodeResult.Discarded discarded -> unreadable.add(datagram.source() + ": " + discarded.detail());
            }
        }
        if (!unreadable.isEmpty()) {
            return Optional.of(Finding.warning(
                    CHECK,
                    name.value(),
                    "some are discarded as not understood: " + String.join("; ", unreadable),
                    "what is wrong with them stands there; docs/operating.md has the words"));
        }
        return strangers.isEmpty()
                ? Optional.empty()
                : Optional.of(Finding.ok(
                        CHECK, name.value(), "other virtual routers on this network: " + String.join(", ", strangers)));
    }
}
