// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Whether each interface is there and can be used. */
final class InterfaceCheck {

    private static final String CHECK = "interface";

    private InterfaceCheck() {}

    static List<Finding> examine(Patient patient) {
        return patient.interfaces().stream().map(name -> examine(name, patient)).toList();
    }

    private static Finding examine(InterfaceName name, Patient patient) {
        Optional<LinkState> found;
        try {
            found = patient.host().link(name);
        } catch (KernelException e) {
            return Finding.skipped(CHECK, name.value(), e.getMessage(), "run as root");
        }
        if (found.isEmpty()) {
            return Finding.failed(
                    CHECK,
                    name.value(),
                    "is not there: its virtual routers are in FAULT",
                    "compare with `ip link`; the name in the configuration may be wrong");
        }
        LinkState link = found.get();
        if (!link.up()) {
            return Finding.failed(CHECK, name.value(), "is administratively down", "ip link set " + name + " up");
        }
        if (!link.carrier()) {
            return Finding.failed(
                    CHECK, name.value(), "has no carrier", "look at the cable and the port of the switch");
        }
        return sources(name, patient);
    }

    private static Finding sources(InterfaceName name, Patient patient) {
        Set<String> sources = new LinkedHashSet<>();
        for (VirtualRouterConfig router : patient.routersOn(name)) {
            for (IpFamily family : router.families()) {
                Optional<IpAddress> source = patient.source(router, family);
                if (source.isEmpty()) {
                    boolean linkLocal =
                            family == IpFamily.IPV6 && router.protocol().staysOnLink();
                    return Finding.failed(
                            CHECK,
                            name.value(),
                            "has no " + (linkLocal ? "link-local " : "") + family
                                    + " address of its own, from which advertisements of " + router.name()
                                    + " could come",
                            linkLocal
                                    ? "see whether IPv6 is switched off there (disable_ipv6, addrgenmode none)"
                                    : "give it one by the network configuration of the host");
                }
                sources.add(source.get().toString());
            }
        }
        return Finding.ok(CHECK, name.value(), "up, with carrier, advertises from " + String.join(" and ", sources));
    }
}
