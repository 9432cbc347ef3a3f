// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.config.HostFacts;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Imports a text on a host that has a few programs, and a file {@code more.conf} to include. */
final class SampleImport {

    private static final Set<String> PROGRAMS = Set.of("/etc/keepalived/up", "/usr/bin/check-db", "/usr/bin/curl");

    private static final HostFacts HOST = new HostFacts(
            "lb9",
            Path.of("/run/mainstay"),
            address -> true,
            program -> PROGRAMS.contains(program) ? "" : "no such file");

    private SampleImport() {}

    static KeepalivedImport imported(String text) {
        return imported(text, Optional.empty());
    }

    static KeepalivedImport imported(String text, Optional<String> configId) {
        String more = """
                vrrp_instance more {
                    interface eth2
                    virtual_router_id 9
                    virtual_ipaddress {
                        198.51.100.99
                    }
                }
                """;
        Includes includes =
                (pattern, from) -> pattern.equals("more.conf") ? List.of(new SourceText("more.conf", more)) : List.of();
        return KeepalivedImport.of(new SourceText("keepalived.conf", text), includes, configId, HOST);
    }

    static List<String> notes(KeepalivedImport imported) {
        return imported.notes().stream().map(Note::toString).toList();
    }
}
