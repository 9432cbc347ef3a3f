// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.DecodeResult;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.VirtualAddress;
import io.mainstay.observe.VirtualRouterStatus;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What the advertisements on the wire say, and whether they get through: a firewall on trial. */
final class WireCheck {

    private static final String TRIAL = "advertisements";
    private static final String PEERS = "peers";

    private WireCheck() {}

    static List<Finding> examine(Patient patient) {
        List<Finding> findings = new ArrayList<>();
        for (InterfaceName name : patient.interfaces()) {
            Heard heard = patient.heard().get(name);
            if (heard == null) {
                findings.add(Finding.skipped(TRIAL, name.value(), "could not be listened to", "run as root"));
                continue;
            }
            Set<IpAddress> own = ownAddresses(patient, name);
            List<IpDatagram> arrived = heard.seen().stream()
                    .filter(each -> !own.contains(each.source()))
                    .toList();
            boolean left = heard.seen().stream().anyMatch(each -> own.contains(each.source()));
            findings.add(arrival(name, heard, arrived, patient));
            departure(patient, name, left).ifPresent(findings::add);
            patient.routersOn(name).forEach(router -> findings.add(peers(router, arrived, patient)));
            others(patient, name, arrived).ifPresent(findings::add);
        }
        return findings;
    }

    private static Set<IpAddress> ownAddresses(Patient patient, InterfaceName name) {
        Set<IpAddress> own = new HashSet<>();
        try {
            patient.host().addresses(name).forEach(address -> own.add(address.address()));
        } catch (KernelException e) {
            // Then nothing counts as our own, which shows as a peer of our own address.
            return own;
        }
        return own;
    }

    private static Finding arrival(InterfaceName name, Heard heard, List<IpDatagram> arrived, Patient patient) {
        String seconds = " in " + heard.listened().toMillis() / 1000.0 + " s";
        if (arrived.isEmpty()) {
            boolean allActive = patient.routersOn(name).stream().allMatch(patient::isActive);
            String found = "none came in" + seconds;
            return allActive
                    ? Finding.ok(TRIAL, name.value(), found + ", as this node is Active")
                    : Finding.warning(
                            TRIAL,
                            name.value(),
                            found + ": no other router is Active there, or the network drops them",
                            "on the switch look for IGMP snooping without a querier, and for access lists on protocol 112");
        }
        return heard.delivered().isEmpty()
                ? Finding.failed(
                        TRIAL,
                        name.value(),
                        arrived.size() + " came in" + seconds
                                + ", and none reached a socket: a firewall of this host or" + " rp_filter drops them",
                        "accept IP protocol 112 there; the checks firewall and sysctl may name the reason")
                : Finding.ok(TRIAL, name.value(), arrived.size() + " came in" + seconds + " and reached a socket");
    }

    /** Whether what the daemon says it sends leaves the host. */
    private static Optional<Finding> departure(Patient patient, InterfaceName name, boolean left) {
        for (VirtualRouterConfig router : patient.routersOn(name)) {
            Optional<VirtualRouterStatus> before = Patient.statusOf(patient.before(), router);
            Optional<VirtualRouterStatus> after = Patient.statusOf(patient.after(), router);
            if (before.isPresent()
                    && after.isPresent()
                    && after.get().advertisementsSent() > before.get().advertisementsSent() + 1) {
                return Optional.of(
                        left
                                ? Finding.ok(TRIAL, name.value(), "what the daemon sends leaves the host")
                                : Finding.failed(
                                        TRIAL,
                                        name.value(),
                                        "the daemon sends them, and none leaves the host: a firewall drops them on their"
                                                + " way out",
                                        "accept IP protocol 112 in chains with hook output, postrouting and egress"));
            }
        }
        return Optional.empty();
    }

    private static Finding peers(VirtualRouterConfig router, List<IpDatagram> arrived, Patient patient) {
        String subject = router.name();
        Map<IpAddress, Advertisement> heard = new LinkedHashMap<>();
        for (IpDatagram datagram : arrived) {
            if (AdvertisementDecoder.decode(datagram) instanceof DecodeResult.Decoded decoded
                    && decoded.advertisement().vrid().equals(router.vrid())) {
                heard.put(datagram.source(), decoded.advertisement());
            }
        }
        if (heard.isEmpty()) {
            return patient.isActive(router)
                    ? Finding.ok(PEERS, subject, "this node is Active, and no other router says that it is")
                    : Finding.skipped(PEERS, subject, "no Active was heard", "");
        }
        Set<IpAddress> own =
                router.addresses().stream().map(VirtualAddress::address).collect(Collectors.toSet());
        for (Map.Entry<IpAddress, Advertisement> each : heard.entrySet()) {
            Set<IpAddress> theirs = new HashSet<>(each.getValue().addresses());
            theirs.retainAll(own);
            if (theirs.isEmpty()) {
                return Finding.failed(
                        PEERS,
                        subject,
                        each.getKey() + " uses VRID " + router.vrid() + " for other addresses: "
                                + each.getValue().addresses(),
                        "give this virtual router another vrid, on all of its nodes");
            }
        }
        if (heard.size() > 1 || patient.isActive(router)) {
            Set<Object> all = new LinkedHashSet<>(heard.keySet());
            return Finding.failed(
                    PEERS,
                    subject,
                    "more than one router is Active: " + all + (patient.isActive(router) ? " and this node" : ""),
                    "they do not hear each other; look at the firewalls and the network between them");
        }
        return judge(router, heard.entrySet().iterator().next());
    }

    private static Finding judge(VirtualRouterConfig router, Map.Entry<IpAddress, Advertisement> active) {
        Advertisement said = active.getValue();
        String found = active.getKey() + " is Active with priority " + said.priority();
        List<String> differences = new ArrayList<>();
        if (said.version() != router.protocol().version()) {
            differences.add("version " + said.version() + " instead of "
                    + router.protocol().version());
        }
        if (!Set.copyOf(said.addresses())
                .equals(router.addresses().stream().map(VirtualAddress::address).collect(Collectors.toSet()))) {
            differences.add("the addresses " + said.addresses());
        }
        if (said.priority().equals(router.priority())) {
            differences.add("the same priority as this node");
        }
        return differences.isEmpty()
                ? Finding.ok(PEERS, router.name(), found)
                : Finding.warning(
                        PEERS,
                        router.name(),
                        found + ", but with " + String.join(", ", differences),
                        "make both configurations agree, and the priorities differ");
    }

    private static Optional<Finding> others(Patient patient, InterfaceName name, List<IpDatagram> arrived) {
        Set<String> strangers = new LinkedHashSet<>();
        Set<String> unreadable = new LinkedHashSet<>();
        for (IpDatagram datagram : arrived) {
            switch (AdvertisementDecoder.decode(datagram)) {
                case DecodeResult.Decoded decoded -> {
                    boolean known = patient.routersOn(name).stream()
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
                    PEERS,
                    name.value(),
                    "advertisements that are not understood: " + String.join("; ", unreadable),
                    "what is wrong with them stands there; docs/operating.md has the words"));
        }
        return strangers.isEmpty()
                ? Optional.empty()
                : Optional.of(Finding.ok(
                        PEERS, name.value(), "other virtual routers on this network: " + String.join(", ", strangers)));
    }
}
