// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.EffectiveConfig;
import io.mainstay.observe.StatusSnapshot;
import java.util.List;

/** Whether the daemon answers, by the configuration that was looked at. */
final class DaemonCheck {

    private static final String CHECK = "daemon";

    private DaemonCheck() {}

    private static Finding answering(Patient patient, StatusSnapshot status) {
        String answers = "answers, version " + status.version();
        String looked = EffectiveConfig.hash(patient.config());
        return status.configHash().equals(looked)
                ? Finding.ok(CHECK, "", answers + ", configuration " + looked)
                : Finding.warning(
                        CHECK,
                        "",
                        answers + ", and runs configuration " + status.configHash() + ", not the one looked at, "
                                + looked,
                        "mainstay config diff tells what differs; mainstay reload takes the file over");
    }

    static List<Finding> examine(Patient patient) {
        return List.of(patient.after()
                .map(status -> answering(patient, status))
                .orElseGet(() -> Finding.warning(
                        CHECK,
                        "",
                        patient.silence(),
                        "start it (systemctl start mainstay), or name its socket by --socket; checks that need it were"
                                + " left out")));
    }
}
