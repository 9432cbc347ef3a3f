// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.List;
import java.util.Set;

/** Whether time can be read fast and steadily. */
final class ClockCheck {

    private static final String CHECK = "clock";
    private static final String SOURCE = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

    /** Each read of these takes a microsecond or more, and some drift. */
    private static final Set<String> SLOW = Set.of("hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit");

    private ClockCheck() {}

    static List<Finding> examine(Patient patient) {
        return List.of(patient.host()
                .read(SOURCE)
                .map(String::strip)
                .map(source -> SLOW.contains(source)
                        ? Finding.warning(
                                CHECK,
                                "",
                                "the clock source is " + source + ", which is slow to read",
                                "find out from the kernel log why tsc or the hypervisor's clock is not used")
                        : Finding.ok(CHECK, "", "clock source " + source))
                .orElseGet(() -> Finding.skipped(CHECK, "", "the clock source cannot be read", "")));
    }
}
