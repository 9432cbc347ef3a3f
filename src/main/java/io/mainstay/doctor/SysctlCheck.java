// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The settings of the kernel under which an address is not answered for, or advertisements are dropped (ip-sysctl). */
final class SysctlCheck {

    private static final String CHECK = "sysctl";

    /** Replies to nobody. */
    private static final int IGNORE_ALL = 8;

    /** Does not reply for addresses of host scope, or outside of the sender's subnet. */
    private static final int IGNORE_OTHER_SUBNET = 2;

    private SysctlCheck() {}

    static List<Finding> examine(Patient patient) {
        List<Finding> findings = new ArrayList<>();
        for (InterfaceName name : patient.interfaces()) {
            if (patient.routersOn(name).stream()
                    .noneMatch(router -> router.families().contains(IpFamily.IPV4))) {
                continue;
            }
            List<Finding> ofInterface = new ArrayList<>();
            arpIgnore(patient, name).ifPresent(ofInterface::add);
            arpFilter(patient, name).ifPresent(ofInterface::add);
            reversePathFilter(patient, name).ifPresent(ofInterface::add);
            findings.addAll(
                    ofInterface.isEmpty()
                            ? List.of(Finding.ok(
                                    CHECK, name.value(), "arp_ignore, arp_filter and rp_filter are in no way"))
                            : ofInterface);
        }
        return findings;
    }

    /** The greater of the two counts, as for the kernel. */
    private static int value(Patient patient, InterfaceName name, String key) {
        return Math.max(
                number(patient, "/proc/sys/net/ipv4/conf/all/" + key),
                number(patient, "/proc/sys/net/ipv4/conf/" + name + "/" + key));
    }

    private static int number(Patient patient, String path) {
        return patient.host()
                .read(path)
                .map(String::strip)
                .filter(text -> text.matches("[0-9]{1,9}"))
                .map(Integer::parseInt)
                .orElse(0);
    }

    private static Optional<Finding> arpIgnore(Patient patient, InterfaceName name) {
        int value = value(patient, name, "arp_ignore");
        if (value == IGNORE_ALL) {
            return Optional.of(Finding.failed(
                    CHECK,
                    name.value(),
                    "arp_ignore is 8: this host answers for no address",
                    "sysctl -w net.ipv4.conf." + name + ".arp_ignore=0 (and conf.all)"));
        }
        boolean narrow = patient.routersOn(name).stream()
                .flatMap(router -> router.addresses().stream())
                .anyMatch(address -> address.address().family() == IpFamily.IPV4 && address.prefixLength() == 32);
        return value == IGNORE_OTHER_SUBNET && narrow
                ? Optional.of(Finding.failed(
                        CHECK,
                        name.value(),
                        "arp_ignore is 2: an address with prefix length 32 is in nobody's subnet and is not answered for",
                        "write the address with the prefix length of its network, or set arp_ignore=1"))
                : Optional.empty();
    }

    private static Optional<Finding> arpFilter(Patient patient, InterfaceName name) {
        return value(patient, name, "arp_filter") > 0
                ? Optional.of(Finding.warning(
                        CHECK,
                        name.value(),
                        "arp_filter is on: an address is answered for only where the route back to the asker leaves",
                        "sysctl -w net.ipv4.conf." + name
                                + ".arp_filter=0 (and conf.all), if two interfaces share a network"))
                : Optional.empty();
    }

    /** With one interface for each network a strict filter is right; it matters where it throws something away. */
    private static Optional<Finding> reversePathFilter(Patient patient, InterfaceName name) {
        Heard heard = patient.heard().get(name);
        boolean lost = heard != null
                && heard.delivered().isEmpty()
                && !WireCheck.arrived(heard, WireCheck.ownAddresses(patient, name))
                        .isEmpty();
        return lost && value(patient, name, "rp_filter") == 1
                ? Optional.of(Finding.warning(
                        CHECK,
                        name.value(),
                        "rp_filter is strict, and advertisements that arrive reach no socket: it drops what comes from where the"
                                + " route back leaves by another interface",
                        "if that is so here (ip route get ADDRESS), sysctl -w net.ipv4.conf." + name + ".rp_filter=2"))
                : Optional.empty();
    }
}
