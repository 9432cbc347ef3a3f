// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.ControlClient;
import io.mainstay.control.ControlJson;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.PositionalParamSpec;

/** A backend as it is called on the command line: by its name, or by SERVICE/BACKEND. */
record BackendName(String service, String backend) {

    private static final int CANDIDATES_SHOWN = 10;

    static PositionalParamSpec parameter() {
        return Specs.parameter("NAME", true, "The backend: BACKEND or SERVICE/BACKEND.");
    }

    /** Finds out which service is meant, by asking the daemon if the name does not say so. */
    static BackendName of(String name, Daemon daemon) {
        int slash = name.indexOf('/');
        return new BackendName(
                slash < 0 ? serviceOf(name, daemon) : name.substring(0, slash), name.substring(slash + 1));
    }

    /** Where the control socket has it. */
    String path() {
        return "/v1/services/" + ControlClient.segment(service) + "/backends/" + ControlClient.segment(backend);
    }

    private static String serviceOf(String backend, Daemon daemon) {
        List<String> all = new ArrayList<>();
        List<String> services = new ArrayList<>();
        List<String> found = new ArrayList<>();
        for (ControlJson.ServiceBackend each : daemon.read(daemon.get("/v1/backends"), ControlJson::backends)) {
            String name = each.service() + "/" + each.status().name();
            all.add(name);
            if (each.status().name().equals(backend)) {
                services.add(each.service());
                found.add(name);
            }
        }
        if (found.size() > 1) {
            throw new CommandFailure(
                    ExitCode.USAGE, "backend: " + backend + " is ambiguous (expected: " + some(found) + ")");
        }
        if (found.isEmpty()) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    "backend: " + backend + " is unknown (expected: "
                            + (all.isEmpty() ? "one that is configured; none is" : some(all)) + ")");
        }
        return services.getFirst();
    }

    private static String some(List<String> names) {
        int more = names.size() - CANDIDATES_SHOWN;
        return more <= 0
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, CANDIDATES_SHOWN)) + " or " + more + " more";
    }
}
