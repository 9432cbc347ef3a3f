// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.List;
import java.util.function.Function;

/** Goes through all checks of this host. Changes nothing. */
public final class Doctor {

    private static final List<Function<Patient, List<Finding>>> CHECKS = List.of(
            DaemonCheck::examine,
            RouterCheck::examine,
            PrivilegeCheck::examine,
            ClockCheck::examine,
            FileLimitCheck::examine,
            SessionPortCheck::examine,
            ClientRoutesCheck::examine,
            InterfaceCheck::examine,
            SysctlCheck::examine,
            FirewallCheck::examine,
            WireCheck::examine,
            PeerCheck::examine,
            AddressCheck::examine,
            ServiceCheck::examine,
            FastPathCheck::examine,
            SourcePortsCheck::examine);

    private Doctor() {}

    public static List<Finding> examine(Patient patient) {
        return CHECKS.stream().flatMap(check -> check.apply(patient).stream()).toList();
    }
}
