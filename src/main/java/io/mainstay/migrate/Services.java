// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.migrate.Draft.Section;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Makes services of {@code virtual_server}. */
final class Services {

    private final Section root;
    private final Programs programs;
    private final Notes notes;
    private final Map<String, Directive> groups = new HashMap<>();

    Services(Section root, Programs programs, Notes notes) {
        this.root = root;
        this.programs = programs;
        this.notes = notes;
    }

    void defineGroup(Directive group) {
        groups.put(group.argument(), group);
    }

    void add(Directive server) {
        List<Directive> realServers = server.block().stream()
                .filter(each -> each.name().equals("real_server"))
                .toList();
        if (server.argument().equals("fwmark")) {
            notes.notMapped(server, "a marked packet is no address and port: name the addresses and ports");
            return;
        }
        if (realServers.isEmpty()) {
            notes.notMapped(server, "it has no real_server");
            return;
        }
        String protocol = server.find("protocol").map(Directive::argument).orElse("TCP");
        if (!protocol.equals("TCP") && !protocol.equals("UDP")) {
            notes.notMapped(server, "the protocol " + protocol + " is not served");
            return;
        }
        Section service = Section.of(server);
        listen(server, protocol, service);
        balance(server, service);
        boolean weighted =
                realServers.stream().anyMatch(each -> each.find("weight").isPresent());
        for (Directive each : server.block()) {
            take(each, realServers, service);
        }
        new HealthChecks(server, realServers, programs, notes).into(service);
        Set<String> known = new HashSet<>();
        realServers.forEach(each -> backend(each, weighted, service, known));
        server.find("sorry_server").ifPresent(each -> sorryServer(each, service, known));
        root.items("services", server).add(service);
        notes.changed(
                server,
                "connections are relayed: the real servers see the address of this node instead of the client's, and"
                        + " need neither a route back nor the address itself");
    }

    private void listen(Directive server, String protocol, Section service) {
        String suffix = "/" + protocol.toLowerCase(Locale.ROOT);
        Draft.Items listen = service.items("listen", server);
        if (!server.argument().equals("group")) {
            endpoint(server, server.argument(), server.word(2)).ifPresent(text -> listen.add(text + suffix, server));
            return;
        }
        Directive group = groups.get(server.word(2));
        if (group == null) {
            notes.notMapped(server, "there is no virtual_server_group " + server.word(2));
            return;
        }
        for (Directive each : group.block()) {
            if (each.name().equals("fwmark") || each.name().matches(".*[-/].*")) {
                notes.notMapped(each, "a service listens on addresses and ports, one by one");
            } else {
                endpoint(each, each.name(), each.argument()).ifPresent(text -> listen.add(text + suffix, each));
            }
        }
    }

    private Optional<String> endpoint(Directive directive, String address, String port) {
        if (port.isEmpty() || port.equals("0")) {
            notes.notMapped(directive, "a port is needed");
            return Optional.empty();
        }
        return Optional.of((address.indexOf(':') >= 0 ? "[" + address + "]" : address) + ":" + port);
    }

    private void balance(Directive server, Section service) {
        Optional<Directive> scheduler = server.find("lvs_sched").or(() -> server.find("lb_algo"));
        if (scheduler.isEmpty()) {
            return;
        }
        Directive from = scheduler.get();
        switch (from.argument()) {
            case "rr", "wrr" -> service.put("balance", "round_robin", from);
            case "lc", "wlc" -> service.put("balance", "least_conn", from);
            case "sed", "nq", "lblc", "lblcr", "dh", "fo", "ovf" -> {
                service.put("balance", "least_conn", from);
                notes.changed(from, "least_conn comes nearest");
            }
            case "sh" -> service.put("balance", "source_hash", from);
            case "mh" -> service.put("balance", "maglev", from);
            case "twos" -> service.put("balance", "random_two", from);
            default -> notes.notMapped(from, "the scheduler is not known");
        }
    }

    private void take(Directive each, List<Directive> realServers, Section service) {
        switch (each.name()) {
            case "real_server",
                    "sorry_server",
                    "protocol",
                    "lvs_sched",
                    "lb_algo",
                    "delay_loop",
                    "connect_timeout",
                    "retry",
                    "virtualhost" -> {}
            case "lvs_method", "lb_kind", "sorry_server_lvs_method" -> {
                if (!each.argument().equals("NAT")) {
                    notes.changed(each, "relayed as well, so answers go through this node");
                }
            }
            case "persistence_timeout" -> {
                String seconds = each.argument().isEmpty() ? "360" : each.argument();
                Section persistence = service.section("persistence", each);
                persistence.put("type", "source_ip", each).put("timeout", Numbers.duration(seconds), each);
            }
            case "persistence_granularity" -> granularity(each, service);
            case "ops" -> service.section("udp", each).put("one_packet", true, each);
            case "sh-port", "mh-port" -> service.section("hash", each).put("key", "source_port", each);
            case "quorum" -> quorum(each, realServers, service);
            case "hysteresis" -> notes.notMapped(each, "there is no hysteresis of the quorum");
            default -> KnownDirectives.tell(each, notes);
        }
    }

    /** keepalived counts the weights of the servers that are well, and Mainstay the servers. */
    private void quorum(Directive quorum, List<Directive> realServers, Section service) {
        Set<String> weights = realServers.stream()
                .map(real -> real.find("weight").map(Directive::argument).orElse("1"))
                .collect(Collectors.toSet());
        Optional<Integer> least = Numbers.integer(quorum.argument());
        Optional<Integer> weight =
                weights.size() == 1 ? Numbers.integer(weights.iterator().next()) : Optional.empty();
        if (least.isEmpty() || weight.isEmpty() || weight.get() < 1 || least.get() < 1) {
            notes.notMapped(quorum, "min_healthy counts backends, not their weights: set it by hand");
        } else {
            service.put("min_healthy", Math.ceilDiv(least.get(), weight.get()), quorum);
        }
    }

    private void granularity(Directive each, Section service) {
        Optional<Integer> length = Numbers.maskLength(each.argument());
        if (length.isPresent()) {
            service.section("persistence", each).put("ipv4_prefix", length.get(), each);
        } else {
            service.section("persistence", each).put("ipv6_prefix", Numbers.number(each.argument()), each);
        }
    }

    private void backend(Directive real, boolean weighted, Section service, Set<String> known) {
        Section backend = Section.of(real);
        Optional<String> endpoint = endpoint(real, real.argument(), real.word(2));
        if (endpoint.isEmpty()) {
            return;
        }
        if (!known.add(endpoint.get())) {
            notes.notMapped(real, "the service has this one already");
            return;
        }
        backend.put("address", endpoint.get(), real);
        Optional<Directive> weight = real.find("weight");
        if (weighted) {
            backend.put("weight", Numbers.number(weight.map(Directive::argument).orElse("1")), weight.orElse(real));
        }
        for (Directive each : real.block()) {
            switch (each.name()) {
                case "weight", "delay_loop", "connect_timeout", "retry", "virtualhost" -> {}
                case "uthreshold" -> backend.put("max_connections", Numbers.number(each.argument()), each);
                case "lvs_method", "lb_kind" -> {}
                default -> {
                    if (!HealthChecks.isCheck(each.name())) {
                        KnownDirectives.tell(each, notes);
                    }
                }
            }
        }
        service.items("backends", real).add(backend);
    }

    private void sorryServer(Directive sorry, Section service, Set<String> known) {
        Optional<String> endpoint = endpoint(sorry, sorry.argument(), sorry.word(2));
        if (endpoint.isEmpty() || !known.add(endpoint.get())) {
            return;
        }
        // As a whole: without backup it would be a server like the others.
        Section backend = new Section(sorry, true);
        backend.put("address", endpoint.get(), sorry).put("backup", true, sorry);
        service.items("backends", sorry).add(backend);
    }
}
