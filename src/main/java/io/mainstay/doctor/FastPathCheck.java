// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.XdpChoice;
import io.mainstay.observe.StatusSnapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether XDP forwards on the interfaces where it is asked for. */
final class FastPathCheck {

    private static final String CHECK = "xdp";

    private FastPathCheck() {}

    static List<Finding> examine(Patient patient) {
        XdpChoice choice = patient.config().kernelEngine().xdp();
        Optional<StatusSnapshot> status = patient.after();
        if (choice == XdpChoice.NEVER || status.isEmpty()) {
            return List.of();
        }
        return status.get().kernelInterfaces().entrySet().stream()
                .map(each -> judge(choice, each))
                .toList();
    }

    private static Finding judge(XdpChoice choice, Map.Entry<String, String> each) {
        String name = each.getKey();
        String found = each.getValue();
        return choice == XdpChoice.AUTO || !found.startsWith(StatusSnapshot.TC_ALONE)
                ? Finding.ok(CHECK, name, "the kernel engine forwards by " + found)
                : Finding.warning(
                        CHECK,
                        name,
                        "is to forward by XDP, and does by " + found,
                        "docs/kernel-engine.md tells what XDP needs; traffic is forwarded all the same");
    }
}
