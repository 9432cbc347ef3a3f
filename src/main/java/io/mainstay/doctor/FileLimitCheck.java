// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.ServiceSettings;
import java.util.List;
import java.util.Optional;

/** Whether as many connections can be open as the services may have. */
final class FileLimitCheck {

    private static final String CHECK = "open files";
    private static final String NAME = "Max open files";

    /** For listeners, the journal, sockets of the election and of checks. */
    private static final int FIXED = 500;

    /** One towards the client and one towards the backend. */
    private static final int PER_CONNECTION = 2;

    private static final int ENOUGH_WITHOUT_LIMITS = 65_536;

    private FileLimitCheck() {}

    static List<Finding> examine(Patient patient) {
        if (patient.config().services().isEmpty()) {
            return List.of();
        }
        Optional<String> daemon = Processes.daemon(patient.host());
        if (daemon.isEmpty()) {
            return List.of(Finding.skipped(CHECK, "", "no daemon runs here", ""));
        }
        return List.of(patient.host()
                .read(daemon.get() + "/limits")
                .flatMap(FileLimitCheck::softLimit)
                .map(limit -> judge(limit, needed(patient.config().services())))
                .orElseGet(() -> Finding.skipped(CHECK, "", "the limits of the daemon cannot be read", "run as root")));
    }

    private static Optional<Long> softLimit(String limits) {
        return limits.lines()
                .filter(line -> line.startsWith(NAME))
                .map(line -> line.substring(NAME.length()).strip().split(" +", -1)[0])
                .map(word -> word.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(word))
                .findFirst();
    }

    /** A service without a limit of its own counts as much as is usually enough. */
    private static long needed(List<ServiceSettings> services) {
        long sum = FIXED;
        for (ServiceSettings service : services) {
            int most = service.traffic().limits().connections();
            sum += most > 0 ? (long) most * PER_CONNECTION : ENOUGH_WITHOUT_LIMITS;
        }
        return sum;
    }

    private static Finding judge(long limit, long needed) {
        return limit >= needed
                ? Finding.ok(CHECK, "", limit == Long.MAX_VALUE ? "unlimited" : "the daemon may have " + limit)
                : Finding.warning(
                        CHECK,
                        "",
                        "the daemon may have " + limit + ", and the services together can use " + needed,
                        "raise LimitNOFILE of the systemd unit, or set limits.connections of the services");
    }
}
