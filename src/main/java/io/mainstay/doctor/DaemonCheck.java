// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.EffectiveConfig;
import io.mainstay.observe.ProductVersion;
import io.mainstay.observe.StatusSnapshot;
import java.util.List;

/** Whether the daemon answers, of the version that is installed and by the configuration that was looked at. */
final class DaemonCheck {

    private static final String CHECK = "daemon";

    private DaemonCheck() {}

    private static Finding answering(Patient patient, StatusSnapshot status) {
        ProductVersion.Age age = status.version().beside(patient.program());
        return age == ProductVersion.Age.SAME ? configured(patient, status) : replaced(patient, status, age);
    }

    private static Finding configured(Patient patient, StatusSnapshot status) {
        String answers = "answers, version " + status.version().number();
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

    /** Two versions may read one file differently, so that their configurations are not compared. */
    private static Finding replaced(Patient patient, StatusSnapshot status, ProductVersion.Age age) {
        String stands = switch (age) {
            case OLDER -> "older than";
            case NEWER -> "newer than";
            case SAME, ANOTHER -> "another build than";
        };
        return Finding.warning(
                CHECK,
                "",
                "answers, version " + status.version() + ", " + stands + " this program, " + patient.program()
                        + ": it was not restarted when that was installed",
                "mainstay config check && systemctl restart mainstay; where it is Active it hands over first");
    }

    static List<Finding> examine(Patient patient) {
        return List.of(patient.after()
                .map(status -> answering(patient, status))
                .orElseGet(() -> Finding.warning(
                        CHECK,
                        "",
                        patient.silence(),
                        "start it (systemctl start mainstay), restart it if it is of another version, or name its socket by"
                                + " --socket; checks that need it were left out")));
    }
}
