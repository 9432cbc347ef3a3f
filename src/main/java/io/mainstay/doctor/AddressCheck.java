// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether a virtual address is somebody else's, asked for by ARP and neighbour discovery. */
final class AddressCheck {

    private static final String CHECK = "address";

    /** Of every virtual router that uses a virtual MAC (RFC 9568 §7.3), but for the family and the last octet. */
    private static final String VIRTUAL_MAC = "00:00:5e:00:0";

    private AddressCheck() {}

    static List<Finding> examine(Patient patient) {
        List<Finding> findings = new ArrayList<>();
        for (VirtualRouterConfig router : patient.routers()) {
            Heard heard = patient.heard().get(router.interfaceName());
            if (heard != null) {
                router.addresses().forEach(address -> findings.add(examine(patient, router, address, heard)));
            }
        }
        return findings;
    }

    private static Finding examine(Patient patient, VirtualRouterConfig router, VirtualAddress address, Heard heard) {
        String subject = address.toString();
        // Under whichever prefix length: it answers all the same.
        List<VirtualAddress> standing = addresses(patient, router).stream()
                .filter(each -> each.address().equals(address.address()))
                .toList();
        boolean here = !standing.isEmpty();
        Optional<MacAddress> claimant = Optional.ofNullable(heard.claims().get(address.address()));
        if (here && claimant.isPresent()) {
            return Finding.failed(
                    CHECK,
                    subject,
                    "stands on this node, and " + claimant.get() + " says that it is his",
                    "find that host: another Active that does not hear this one, or an address configured by hand");
        }
        if (here && !patient.isActive(router) && !router.priority().isOwner()) {
            return Finding.warning(
                    CHECK,
                    subject,
                    "stands on this node"
                            + (standing.contains(address) ? "" : " as " + standing.getFirst())
                            + (patient.after().isPresent()
                                    ? ", which is not Active"
                                    : ", whose daemon does not answer"),
                    "take it off, and out of the network configuration of the host: Mainstay puts it there, and removes what"
                            + " it finds at its start");
        }
        if (here) {
            return Finding.ok(CHECK, subject, "stands on this node, and nobody else claims it");
        }
        if (claimant.isEmpty()) {
            return Finding.ok(CHECK, subject, "nobody has it");
        }
        boolean ofActive = claimant.get().toString().startsWith(VIRTUAL_MAC)
                || heard.claims().entrySet().stream()
                        .anyMatch(each -> !each.getKey().equals(address.address())
                                && each.getValue().equals(claimant.get())
                                && advertises(heard, each.getKey()));
        return ofActive
                ? Finding.ok(CHECK, subject, "is with " + claimant.get() + ", the Active")
                : Finding.failed(
                        CHECK,
                        subject,
                        "is with " + claimant.get() + ", which advertises no virtual router",
                        "find that host and take the address off it, or choose another address");
    }

    private static boolean advertises(Heard heard, IpAddress address) {
        return heard.seen().stream().anyMatch(datagram -> datagram.source().equals(address));
    }

    private static Set<VirtualAddress> addresses(Patient patient, VirtualRouterConfig router) {
        Set<VirtualAddress> standing = new HashSet<>();
        for (InterfaceName name : patient.homes(router)) {
            try {
                standing.addAll(patient.host().addresses(name));
            } catch (KernelException e) {
                // Without the interface nothing stands on it.
            }
        }
        return standing;
    }
}
