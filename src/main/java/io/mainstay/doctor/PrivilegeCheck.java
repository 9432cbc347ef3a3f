// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether the daemon may do what it has to, and whether its election thread runs in real time. */
final class PrivilegeCheck {

    private static final String CAPABILITIES = "capabilities";
    private static final String SCHEDULING = "scheduling";
    private static final int SCHED_FIFO = 1;

    /** Where the policy stands in /proc/PID/task/TID/stat behind the name in brackets (proc(5): field 41). */
    private static final int POLICY_AFTER_NAME = 38;

    /** By their numbers (linux/capability.h). */
    private static final Map<Integer, String> NEEDED = Map.of(12, "CAP_NET_ADMIN", 13, "CAP_NET_RAW");

    private static final Map<Integer, String> USEFUL = new LinkedHashMap<>();

    static {
        USEFUL.put(10, "CAP_NET_BIND_SERVICE");
        USEFUL.put(14, "CAP_IPC_LOCK");
        USEFUL.put(23, "CAP_SYS_NICE");
    }

    private PrivilegeCheck() {}

    static List<Finding> examine(Patient patient) {
        Optional<String> daemon = Processes.daemon(patient.host());
        List<Finding> findings = new ArrayList<>();
        findings.add(capabilities(patient.host(), daemon));
        findings.add(daemon.map(process -> scheduling(patient.host(), process))
                .orElseGet(() -> Finding.skipped(SCHEDULING, "", "no daemon runs here", "")));
        return findings;
    }

    private static Finding capabilities(Host host, Optional<String> daemon) {
        String whose = daemon.isPresent() ? "the daemon" : "whoever runs this command";
        Optional<String> effective =
                host.read(daemon.orElse("/proc/self") + "/status").flatMap(text -> Processes.field(text, "CapEff"));
        if (effective.isEmpty()) {
            return Finding.skipped(CAPABILITIES, "", "the capabilities of " + whose + " cannot be read", "run as root");
        }
        long set = Long.parseUnsignedLong(effective.get(), 16);
        List<String> needed = missing(set, NEEDED);
        List<String> useful = missing(set, USEFUL);
        if (!needed.isEmpty()) {
            String found = whose + " lacks " + String.join(", ", needed);
            return daemon.isPresent()
                    ? Finding.failed(CAPABILITIES, "", found, "grant them: AmbientCapabilities of the systemd unit")
                    : Finding.skipped(CAPABILITIES, "", found, "run as root, or start the daemon first");
        }
        return useful.isEmpty()
                ? Finding.ok(CAPABILITIES, "", whose + " has all that are needed")
                : Finding.warning(
                        CAPABILITIES,
                        "",
                        whose + " lacks " + String.join(", ", useful),
                        "grant them, so that ports below 1024, locked memory and real-time scheduling work");
    }

    private static List<String> missing(long set, Map<Integer, String> wanted) {
        return wanted.entrySet().stream()
                .filter(each -> (set >>> each.getKey() & 1) == 0)
                .map(Map.Entry::getValue)
                .sorted()
                .toList();
    }

    private static Finding scheduling(Host host, String process) {
        for (String thread : host.list(process + "/task")) {
            String directory = process + "/task/" + thread;
            boolean isElection = host.read(directory + "/comm")
                    .filter(name -> name.strip().equals("election"))
                    .isPresent();
            if (isElection) {
                return host.read(directory + "/stat")
                        .map(PrivilegeCheck::judge)
                        .orElseGet(
                                () -> Finding.skipped(SCHEDULING, "", "the election thread cannot be looked at", ""));
            }
        }
        return Finding.skipped(SCHEDULING, "", "the daemon has no election thread yet", "");
    }

    private static Finding judge(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        boolean realTime = fields.length > POLICY_AFTER_NAME
                && fields[POLICY_AFTER_NAME].strip().equals(Integer.toString(SCHED_FIFO));
        return realTime
                ? Finding.ok(SCHEDULING, "", "the election thread runs in real time (SCHED_FIFO)")
                : Finding.warning(
                        SCHEDULING,
                        "",
                        "the election thread is an ordinary one: other work on a busy machine may delay advertisements",
                        "grant CAP_SYS_NICE, and set sysctl kernel.sched_rt_runtime_us=950000 if it is 0");
    }
}
