// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.net.InterfaceName;
import java.util.List;
import java.util.Optional;

/** Whether each interface is there and can be used. */
final class InterfaceCheck {

    private static final String CHECK = "interface";

    private InterfaceCheck() {}

    static List<Finding> examine(Patient patient) {
        return patient.interfaces().stream()
                .map(name -> examine(name, patient.host()))
                .toList();
    }

    private static Finding examine(InterfaceName name, Host host) {
        Optional<LinkState> found;
        try {
            found = host.link(name);
        } catch (KernelException e) {
            return Finding.skipped(CHECK, name.value(), e.getMessage(), "");
        }
        if (found.isEmpty()) {
            return Finding.failed(
                    CHECK,
                    name.value(),
                    "is not there",
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
        return link.primaryIpv4()
                .map(address -> Finding.ok(CHECK, name.value(), "up, with carrier, address " + address))
                .orElseGet(() -> Finding.failed(
                        CHECK,
                        name.value(),
                        "has no IPv4 address of its own, from which advertisements could come",
                        "give it one by the network configuration of the host"));
    }
}
