// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.config.Durations;
import io.mainstay.migrate.Draft.Section;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Makes the health check of a service of the checks of its first real server. */
final class HealthChecks {

    private static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(10);

    private final Directive server;
    private final List<Directive> realServers;
    private final Notes notes;

    HealthChecks(Directive server, List<Directive> realServers, Notes notes) {
        this.server = server;
        this.realServers = realServers;
        this.notes = notes;
    }

    static boolean isCheck(String name) {
        return switch (name) {
            case "TCP_CHECK", "HTTP_GET", "SSL_GET", "SMTP_CHECK", "DNS_CHECK", "MISC_CHECK", "BFD_CHECK", "UDP_CHECK",
                    "PING_CHECK", "FILE_CHECK" ->
                true;
            default -> false;
        };
    }

    void into(Section service) {
        List<Directive> checks = realServers.stream()
                .flatMap(real -> real.block().stream())
                .filter(each -> isCheck(each.name()))
                .toList();
        Optional<Directive> chosen = checks.stream().findFirst();
        Directive check = chosen.orElse(server);
        Section section = new Section(check, !isPlain(check.name()));
        type(check, section);
        times(check, section);
        service.put("health_check", section);
        if (chosen.isEmpty()) {
            notes.changed(server, "without a check in keepalived, a connection is tried by Mainstay");
            return;
        }
        checks.stream()
                .filter(each -> !comparable(each).equals(comparable(check)))
                .forEach(each -> notes.changed(
                        each, "a service has one check for all its backends: that of line " + check.origin().line()));
    }

    private static boolean isPlain(String name) {
        return name.equals("TCP_CHECK") || name.equals("HTTP_GET") || name.equals("virtual_server");
    }

    private static List<List<String>> comparable(Directive check) {
        return Stream.concat(
                        Stream.of(check.words()),
                        check.block().stream().flatMap(each -> comparable(each).stream()))
                .toList();
    }

    private void type(Directive check, Section section) {
        switch (check.name()) {
            case "HTTP_GET" -> http(check, "http", section);
            case "SSL_GET" -> http(check, "https", section);
            case "MISC_CHECK" -> program(check, section);
            case "DNS_CHECK" -> section.put("type", "dns", check);
            case "UDP_CHECK" -> section.put("type", "udp", check);
            case "TCP_CHECK" -> section.put("type", "tcp", check);
            case "SMTP_CHECK" -> {
                section.put("type", "tcp", check);
                notes.changed(check, "a connection is tried, and no word of SMTP said");
            }
            case "PING_CHECK", "BFD_CHECK", "FILE_CHECK" -> {
                section.put("type", "tcp", check);
                notes.changed(check, "a connection is tried instead");
            }
            default -> section.put("type", "tcp", check);
        }
        for (Directive each : check.name().equals("virtual_server") ? List.<Directive>of() : check.block()) {
            switch (each.name()) {
                case "url", "connect_timeout", "retry", "delay_loop", "misc_path", "misc_timeout", "helo_name",
                        "http_protocol", "payload", "require_reply", "min_reply_length", "max_reply_length", "type",
                        "name", "track_file", "dynamic", "weight", "virtualhost" -> {}
                case "connect_port" -> section.put("port", Numbers.number(each.argument()), each);
                case "enable_sni", "sni_name", "tls_compliant" ->
                    notes.notMapped(each, "set server_name of the check by hand");
                case "misc_dynamic" -> notes.notMapped(each, "the exit status says only whether the backend is well");
                default -> KnownDirectives.tell(each, notes);
            }
        }
    }

    private void http(Directive check, String type, Section section) {
        section.put("type", type, check);
        List<Directive> urls = check.block().stream()
                .filter(each -> each.name().equals("url"))
                .toList();
        urls.stream().skip(1).forEach(each -> notes.changed(each, "one URL is asked for: the first"));
        Optional<Directive> url = urls.stream().findFirst();
        url.flatMap(each -> each.find("path")).ifPresent(path -> section.put("path", path.argument(), path));
        url.flatMap(each -> each.find("status_code")).ifPresent(code -> status(code, section));
        url.flatMap(each -> each.find("virtualhost"))
                .or(() -> check.find("virtualhost"))
                .or(() -> realServers.stream().findFirst().flatMap(real -> real.find("virtualhost")))
                .or(() -> server.find("virtualhost"))
                .ifPresent(host -> section.put("host", host.argument(), host));
        url.ifPresent(each -> each.block().stream()
                .filter(part -> !List.of("path", "status_code", "virtualhost").contains(part.name()))
                .forEach(part -> KnownDirectives.tell(part, notes)));
    }

    private void status(Directive code, Section section) {
        if (code.words().size() > 2) {
            notes.changed(code, "one range of status codes counts: the first");
        }
        section.put("status", code.argument(), code);
    }

    private static void program(Directive check, Section section) {
        section.put("type", "exec", check);
        check.find("misc_path").ifPresent(path -> {
            Draft.Items command = section.items("command", path);
            WordSplitter.splitCommand(path.argument()).forEach(word -> command.add(word, path));
        });
    }

    /** From the check, or else from the real server, or else from the virtual server. */
    private Optional<Directive> setting(Directive check, String name) {
        return check.find(name)
                .or(() -> realServers.stream().findFirst().flatMap(real -> real.find(name)))
                .or(() -> server.find(name));
    }

    private void times(Directive check, Section section) {
        Optional<Directive> loop = setting(check, "delay_loop");
        Duration interval =
                loop.flatMap(each -> Numbers.seconds(each.argument())).orElse(DEFAULT_INTERVAL);
        loop.ifPresent(each -> section.put("interval", Numbers.duration(each.argument()), each));
        Optional<Directive> written =
                setting(check, check.name().equals("MISC_CHECK") ? "misc_timeout" : "connect_timeout");
        Duration timeout =
                written.flatMap(each -> Numbers.seconds(each.argument())).orElse(DEFAULT_CONNECT_TIMEOUT);
        if (timeout.compareTo(interval) >= 0) {
            timeout = Duration.ofMillis(Math.max(1, interval.toMillis() * 9 / 10));
            written.ifPresent(each -> notes.changed(each, "shortened: shorter than the interval"));
        }
        section.put("timeout", Durations.format(timeout), written.orElse(check));
        setting(check, "retry").ifPresent(each -> Numbers.integer(each.argument())
                .ifPresent(count -> section.put("failures", count + 1, each)));
    }
}
