// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.List;

/** Whether the daemon answers, by the configuration that was looked at. */
final class DaemonCheck {

    private static final String CHECK = "daemon";

    private DaemonCheck() {}

    static List<Finding> examine(Patient patient) {
        return List.of(patient.after()
                .map(status -> Finding.ok(
                        CHECK,
                        "",
                        "answers on " + patient.config().control().socket() + ", version " + status.version()))
                .orElseGet(() -> Finding.warning(
                        CHECK,
                        "",
                        patient.silence(),
                        "start it (systemctl start mainstay), or name its socket by --socket; checks that need it were"
                                + " left out")));
    }
}
