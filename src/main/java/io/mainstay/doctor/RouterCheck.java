// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.observe.VirtualRouterStatus;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the daemon itself knows to be wrong with each virtual router. */
final class RouterCheck {

    private static final String CHECK = "virtual router";

    private RouterCheck() {}

    static List<Finding> examine(Patient patient) {
        return patient.routers().stream()
                .flatMap(router -> examine(patient, router).stream())
                .toList();
    }

    /** A fault that comes and goes, as when advertisements cannot be sent, counts whenever it was seen. */
    private static Optional<Finding> examine(Patient patient, VirtualRouterConfig router) {
        List<VirtualRouterStatus> states = Stream.of(patient.before(), patient.after())
                .flatMap(status -> Patient.statusOf(status, router).stream())
                .toList();
        return states.stream()
                .filter(status -> status.state() == VirtualRouterStatus.State.FAULT)
                .findFirst()
                .map(fault -> Finding.failed(
                        CHECK,
                        router.name(),
                        "is in FAULT: " + fault.reason(),
                        "it comes back by itself once that is over; mainstay events --router " + router.name()
                                + " tells since when"))
                .or(() -> states.isEmpty() ? Optional.empty() : Optional.of(judge(router, states.getLast())));
    }

    private static Finding judge(VirtualRouterConfig router, VirtualRouterStatus status) {
        String state = status.state() + (status.reason().isEmpty() ? "" : ": " + status.reason());
        if (status.state() == VirtualRouterStatus.State.INITIALIZE) {
            return Finding.warning(CHECK, router.name(), "has not started, " + state, "");
        }
        return status.conflictTime().isZero()
                ? Finding.ok(CHECK, router.name(), state)
                : Finding.warning(
                        CHECK,
                        router.name(),
                        state + "; other hosts claimed its addresses for "
                                + status.conflictTime().toMillis() + "ms since the daemon started",
                        "mainstay events --router " + router.name()
                                + " tells who did; the check address, whether one does" + " now");
    }
}
