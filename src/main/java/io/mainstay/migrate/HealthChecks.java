// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.config.Durations;
import io.mainstay.migrate.Draft.Section;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Makes the health checks of a service of the checks of its first real server that has some. */
final class HealthChecks {

    private static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(60);

    private final Directive server;
    private final List<Directive> realServers;
    private final Programs programs;
    private final Notes notes;

    HealthChecks(Directive server, List<Directive> realServers, Programs programs, Notes notes) {
        this.server = server;
        this.realServers = realServers;
        this.programs = programs;
        this.notes = notes;
    }

    static boolean isCheck(String name) {
        return switch (name) {
            case "TCP_CHECK",
                    "HTTP_GET",
                    "SSL_GET",
                    "SMTP_CHECK",
                    "DNS_CHECK",
                    "MISC_CHECK",
                    "BFD_CHECK",
                    "UDP_CHECK",
                    "PING_CHECK",
                    "FILE_CHECK" -> true;
            default -> false;
        };
    }

    /** Puts the checks into the service. Of several every one has to pass, in both. */
    void into(Section service) {
        Optional<Directive> model =
                realServers.stream().filter(real -> !checksOf(real).isEmpty()).findFirst();
        if (model.isEmpty()) {
            notes.changed(server, "without a check in keepalived, a connection is tried by Mainstay");
            return;
        }
        List<Section> sections = new ArrayList<>();
        checksOf(model.get()).forEach(check -> sections.addAll(sectionsOf(check)));
        if (sections.size() == 1) {
            service.put("health_check", sections.getFirst());
        } else {
            Draft.Items items = service.items("health_check", model.get());
            sections.forEach(items::add);
        }
        realServers.stream()
                .filter(real -> !comparable(checksOf(real)).equals(comparable(checksOf(model.get()))))
                .forEach(real -> notes.changed(
                        real,
                        "a service has the same checks for all its backends: those of line "
                                + model.get().origin().line()));
    }

    private static List<Directive> checksOf(Directive real) {
        return real.block().stream().filter(each -> isCheck(each.name())).toList();
    }

    private static List<List<String>> comparable(List<Directive> directives) {
        return directives.stream()
                .flatMap(each -> Stream.concat(Stream.of(each.words()), comparable(each.block()).stream()))
                .toList();
    }

    /** One, or for HTTP one for each URL. */
    private List<Section> sectionsOf(Directive check) {
        tellOthers(check);
        List<Directive> urls =
                check.block().stream().filter(each -> each.name().equals("url")).toList();
        boolean http = check.name().equals("HTTP_GET") || check.name().equals("SSL_GET");
        if (!http || urls.isEmpty()) {
            return List.of(section(check, Optional.empty()));
        }
        return urls.stream().map(url -> section(check, Optional.of(url))).toList();
    }

    private Section section(Directive check, Optional<Directive> url) {
        Section section = new Section(check, !check.name().equals("TCP_CHECK"));
        type(check, url, section);
        times(check, section);
        return section;
    }

    private void type(Directive check, Optional<Directive> url, Section section) {
        switch (check.name()) {
            case "HTTP_GET" -> http(check, url, "http", section);
            case "SSL_GET" -> http(check, url, "https", section);
            case "MISC_CHECK" -> program(check, section);
            case "DNS_CHECK" -> {
                section.put("type", "dns", check);
                section.put("query", check.find("name").map(Directive::argument).orElse("."), check);
                section.put(
                        "query_type",
                        check.find("type")
                                .map(Directive::argument)
                                .orElse("SOA")
                                .toLowerCase(Locale.ROOT),
                        check);
            }
            case "UDP_CHECK" -> udp(check, section);
            case "SMTP_CHECK" -> {
                section.put("type", "tcp", check).put("expect", "220", check);
                notes.changed(check, "the greeting is awaited, and no word of SMTP said");
            }
            case "PING_CHECK", "BFD_CHECK", "FILE_CHECK" -> {
                section.put("type", "tcp", check);
                notes.changed(check, "a connection is tried instead");
            }
            default -> section.put("type", "tcp", check);
        }
        check.find("connect_port").ifPresent(each -> section.put("port", Numbers.number(each.argument()), each));
    }

    private void tellOthers(Directive check) {
        for (Directive each : check.block()) {
            switch (each.name()) {
                case "url",
                        "connect_timeout",
                        "connect_port",
                        "retry",
                        "delay_loop",
                        "delay_before_retry",
                        "misc_path",
                        "misc_timeout",
                        "helo_name",
                        "http_protocol",
                        "payload",
                        "require_reply",
                        "min_reply_length",
                        "max_reply_length",
                        "type",
                        "name",
                        "track_file",
                        "dynamic",
                        "weight",
                        "virtualhost",
                        "enable_sni",
                        "sni_name",
                        "tls_compliant" -> {}
                case "misc_dynamic" -> notes.notMapped(each, "the exit status says only whether the backend is well");
                default -> KnownDirectives.tell(each, notes);
            }
        }
    }

    private void udp(Directive check, Section section) {
        section.put("type", "udp", check);
        Optional<Directive> payload = check.find("payload");
        section.put("send", octets(payload.map(Directive::argument).orElse("00")), payload.orElse(check));
        if (payload.isEmpty()) {
            notes.changed(check, "without a payload one octet of zero is sent");
        }
        Optional<Directive> reply = check.find("require_reply");
        section.put("require_answer", reply.isPresent(), reply.orElse(check));
        reply.filter(each -> !each.argument().isEmpty())
                .ifPresent(each -> section.put("expect", octets(each.argument()), each));
    }

    private static String octets(String hexadecimal) {
        return "hex:" + hexadecimal;
    }

    private void http(Directive check, Optional<Directive> url, String type, Section section) {
        section.put("type", type, check);
        url.flatMap(each -> each.find("path")).ifPresent(path -> section.put("path", path.argument(), path));
        url.flatMap(each -> each.find("status_code"))
                .ifPresentOrElse(code -> status(code, section), () -> section.put("status", "200-299", check));
        Optional<Directive> host = url.flatMap(each -> each.find("virtualhost"))
                .or(() -> check.find("virtualhost"))
                .or(() -> realServers.stream().findFirst().flatMap(real -> real.find("virtualhost")))
                .or(() -> server.find("virtualhost"));
        host.ifPresent(each -> section.put("host", each.argument(), each));
        Optional<Directive> name =
                check.find("sni_name").or(() -> check.find("enable_sni").flatMap(sni -> host));
        if (type.equals("https")) {
            name.ifPresent(each -> section.put("server_name", each.argument(), each));
        }
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

    private void program(Directive check, Section section) {
        section.put("type", "exec", check);
        check.find("misc_path").ifPresent(path -> {
            Draft.Items command = section.items("command", path);
            List<String> words = WordSplitter.splitCommand(path.argument());
            for (int i = 0; i < words.size(); i++) {
                command.add(i == 0 ? programs.find(words.getFirst(), path) : words.get(i), path);
            }
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
        section.put("interval", Durations.format(interval), loop.orElse(check));
        Optional<Directive> written =
                setting(check, check.name().equals("MISC_CHECK") ? "misc_timeout" : "connect_timeout");
        Duration timeout =
                written.flatMap(each -> Numbers.seconds(each.argument())).orElse(DEFAULT_CONNECT_TIMEOUT);
        if (timeout.compareTo(interval) >= 0) {
            timeout = Duration.ofMillis(Math.max(1, interval.toMillis() * 9 / 10));
            written.ifPresent(each -> notes.changed(each, "shortened: shorter than the interval"));
        }
        section.put("timeout", Durations.format(timeout), written.orElse(check));
        Optional<Directive> retry = setting(check, "retry");
        section.put(
                "failures",
                1 + retry.flatMap(each -> Numbers.integer(each.argument())).orElse(defaultRetries(check)),
                retry.orElse(check));
        section.put("success", 1, check);
        fastInterval(check, interval, timeout, section);
    }

    /** A check that is tried again has to end before the next try here. */
    private void fastInterval(Directive check, Duration interval, Duration timeout, Section section) {
        Optional<Directive> delay = setting(check, "delay_before_retry");
        Duration pause = delay.flatMap(each -> Numbers.seconds(each.argument())).orElse(defaultDelay(check, interval));
        Duration shortest = timeout.plusMillis(Math.max(1, timeout.toMillis() / 10));
        Duration fast = pause.compareTo(shortest) < 0 ? shortest : pause;
        if (fast.compareTo(interval) < 0) {
            section.put("fast_interval", Durations.format(fast), delay.orElse(check));
        }
    }

    private static int defaultRetries(Directive check) {
        return switch (check.name()) {
            case "DNS_CHECK" -> 3;
            case "MISC_CHECK" -> 0;
            default -> 1;
        };
    }

    private static Duration defaultDelay(Directive check, Duration interval) {
        return switch (check.name()) {
            case "DNS_CHECK" -> interval;
            case "HTTP_GET", "SSL_GET" -> Duration.ofSeconds(3);
            default -> Duration.ofSeconds(1);
        };
    }
}
