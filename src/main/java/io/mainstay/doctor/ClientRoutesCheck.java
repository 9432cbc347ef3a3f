// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.ServiceSettings;
import io.mainstay.doctor.Host.ProgramResult;
import io.mainstay.forward.SourceAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Transport;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whether this node takes in what backends answer to the addresses of clients, where services let them see these: a rule has to lead to
 * a table by which every address is one of this node (ip-rule(8), the type {@code local} in ip-route(8)).
 */
final class ClientRoutesCheck {

    private static final String CHECK = "client routes";
    private static final Pattern LOOKUP = Pattern.compile("\\blookup (\\S+)");
    private static final Set<String> ORDINARY = Set.of("local", "main", "default");

    private ClientRoutesCheck() {}

    static List<Finding> examine(Patient patient) {
        Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
        patient.proxied().forEach(service -> families.addAll(families(service)));
        return families.stream().map(family -> judge(patient.host(), family)).toList();
    }

    /** Of which families backends see their clients. */
    private static Set<IpFamily> families(ServiceSettings service) {
        Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
        service.service().listeners().stream()
                .filter(listener -> source(service, listener.transport()) == SourceAddress.CLIENT)
                .forEach(listener -> families.add(listener.endpoint().address().family()));
        Set<IpFamily> ofBackends = EnumSet.noneOf(IpFamily.class);
        service.service()
                .backends()
                .forEach(backend -> ofBackends.add(backend.address().address().family()));
        families.retainAll(ofBackends);
        return families;
    }

    private static SourceAddress source(ServiceSettings service, Transport transport) {
        return switch (transport) {
            case TCP -> service.traffic().tcp().source();
            case UDP -> service.traffic().udp().source();
        };
    }

    private static Finding judge(Host host, IpFamily family) {
        String subject = family.toString();
        String option = family == IpFamily.IPV4 ? "-4" : "-6";
        Optional<String> rules = said(host, List.of("ip", option, "rule", "show"));
        if (rules.isEmpty()) {
            return Finding.skipped(CHECK, subject, "ip does not tell the rules", "");
        }
        List<String> without = new ArrayList<>();
        for (String table : tables(rules.get())) {
            Optional<String> routes =
                    said(host, List.of("ip", option, "route", "show", "table", table, "type", "local"));
            if (routes.stream().flatMap(String::lines).anyMatch(line -> line.startsWith("local default "))) {
                return Finding.ok(
                        CHECK, subject, "a rule leads to table " + table + ", by which every address is of this node");
            }
            without.add(table);
        }
        return Finding.warning(
                CHECK,
                subject,
                (without.isEmpty()
                                ? "no rule leads to a table of its own"
                                : "no rule leads to a table with a local default route, as none is in "
                                        + String.join(", ", without))
                        + "; what backends answer to clients does not come in",
                "set the rules up that docs/traffic.md tells of, on this node and its peer");
    }

    private static Optional<String> said(Host host, List<String> words) {
        return host.run(words) instanceof ProgramResult.Done done ? Optional.of(done.output()) : Optional.empty();
    }

    private static Set<String> tables(String rules) {
        Set<String> tables = new LinkedHashSet<>();
        Matcher matcher = LOOKUP.matcher(rules);
        while (matcher.find()) {
            if (!ORDINARY.contains(matcher.group(1))) {
                tables.add(matcher.group(1));
            }
        }
        return tables;
    }
}
