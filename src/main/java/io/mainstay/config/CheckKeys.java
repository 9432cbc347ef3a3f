// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.mainstay.config.ScalarType.Form;
import io.mainstay.config.ScalarTypes.StatusRange;
import io.mainstay.config.WrittenSection.Item;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.HealthCheckConfig.DnsType;
import io.mainstay.health.HealthCheckConfig.Pace;
import io.mainstay.health.HealthCheckConfig.Probe;
import io.mainstay.health.HealthCheckConfig.TlsConfig;
import io.mainstay.health.Payload;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The keys below {@code health_check} of a service. */
final class CheckKeys {

    static final Key.Scalar<CheckType> TYPE = Key.optional(
            "type",
            ScalarTypes.word(CheckType.class),
            CheckType.TCP,
            "What is tried: that the backend accepts a connection (and answers as expected), answers a request of"
                    + " HTTP/1.1, makes a TLS handshake, answers a datagram or a question of DNS, or that a program"
                    + " ends with exit status 0.");

    static final Key.Scalar<Integer> PORT = Key.derived(
            "port", ScalarTypes.integer(1, 65535), "the backend's", "Where it is tried, on the backend's address.");

    static final Key.Scalar<Duration> INTERVAL = Key.optional(
            "interval",
            ScalarTypes.duration(ofMillis(50), ofDays(1)),
            ofSeconds(10),
            "The pause between the starts of two checks.");

    static final Key.Scalar<Duration> FAST_INTERVAL = Key.derived(
            "fast_interval",
            ScalarTypes.duration(ofMillis(50), ofDays(1)),
            "the interval",
            "The same while the last results speak against the state of the backend, so that a change is seen soon"
                    + " without checking often.");

    static final Key.Scalar<Duration> TIMEOUT = Key.optional(
            "timeout",
            ScalarTypes.duration(ofMillis(10), ofDays(1)),
            ofSeconds(3),
            "After which a check without an answer has failed; shorter than the interval.");

    static final Key.Scalar<Integer> FAILURES = Key.optional(
            "failures", ScalarTypes.integer(1, 100), 3, "How many failures in a row make a healthy backend unhealthy.");

    static final Key.Scalar<Integer> SUCCESS = Key.optional(
            "success",
            ScalarTypes.integer(1, 100),
            2,
            "How many successes in a row make an unhealthy backend healthy.");

    static final Key.Scalar<Payload> SEND = Key.optional(
            "send",
            payload(),
            Payload.NONE,
            "With type tcp or udp: what is sent, a text or hex: and pairs of hexadecimal digits.");

    static final Key.Scalar<Payload> EXPECT = Key.optional(
            "expect",
            payload(),
            Payload.NONE,
            "What has to stand in the answer: with type tcp in its first 16 KiB, with udp in the datagram, with"
                    + " http or https in the first 64 KiB of the body; with dns an address that must be among the"
                    + " answers.");

    static final Key.Scalar<Boolean> REQUIRE_ANSWER = Key.optional(
            "require_answer",
            ScalarTypes.bool(),
            true,
            "With type udp: whether silence is a failure; if not, only a refusal (ICMP) is.");

    static final Key.Scalar<String> METHOD =
            Key.optional("method", method(), "GET", "With type http or https: the method of the request.");

    static final Key.Scalar<String> PATH = Key.optional(
            "path", ScalarTypes.httpPath(), "/", "With type http or https: what is asked for, query included.");

    static final Key.Scalar<String> HOST = Key.optional(
            "host",
            ScalarTypes.httpHost(),
            "",
            "With type http or https: the Host header; \"\" sends the backend's address.");

    static final Key.Values<String> HEADERS =
            new Key.Values<>("headers", header(), 0, 32, true, "With type http or https: more header fields.");

    static final Key.Scalar<StatusRange> STATUS = Key.optional(
            "status",
            ScalarTypes.statusRange(),
            new StatusRange(200, 399),
            "With type http or https: which status codes count as success.");

    static final Key.Scalar<String> SERVER_NAME = Key.optional(
            "server_name",
            serverName(),
            "",
            "With type https or tls: the name that is asked for (SNI) and that a certificate must bear to be"
                    + " valid; \"\" asks for none, and the backend's address counts.");

    static final Key.Scalar<Boolean> VERIFY = Key.optional(
            "verify",
            ScalarTypes.bool(),
            false,
            "With type https or tls: whether the certificate must be valid and of a known authority.");

    static final Key.Scalar<String> CA_FILE = Key.derived(
            "ca_file",
            file(),
            "what the machine trusts",
            "With verify: the certificates of the authorities, a file in PEM.");

    static final Key.Scalar<String> QUERY =
            Key.derived("query", dnsName(), "none; needed with type dns", "With type dns: the name that is asked for.");

    static final Key.Scalar<DnsType> QUERY_TYPE = Key.optional(
            "query_type",
            ScalarTypes.word(DnsType.class),
            DnsType.A,
            "With type dns: the type of the records that are asked for, of which there must be one.");

    static final Key.Values<String> COMMAND = new Key.Values<>(
            "command",
            word(),
            0,
            64,
            false,
            "With type exec, and needed there: the absolute path of a program and its arguments. It finds"
                    + " MAINSTAY_SERVICE, MAINSTAY_BACKEND, MAINSTAY_ADDRESS and MAINSTAY_PORT in its environment, and"
                    + " is killed at the timeout with all that it has started.");

    static final Key.Entries ENTRIES = new Key.Entries(
            "health_check",
            List.of(
                    TYPE,
                    PORT,
                    INTERVAL,
                    FAST_INTERVAL,
                    TIMEOUT,
                    FAILURES,
                    SUCCESS,
                    SEND,
                    EXPECT,
                    REQUIRE_ANSWER,
                    METHOD,
                    PATH,
                    HOST,
                    HEADERS,
                    STATUS,
                    SERVER_NAME,
                    VERIFY,
                    CA_FILE,
                    QUERY,
                    QUERY_TYPE,
                    COMMAND),
            1,
            16,
            true,
            "How each backend of the service is checked; of several checks every one must pass. Every node checks,"
                    + " Active or not.");

    /** The keys that mean something for some types only. */
    static final Map<Key, Set<CheckType>> FOR_TYPES = forTypes();

    private static Map<Key, Set<CheckType>> forTypes() {
        Set<CheckType> http = Set.of(CheckType.HTTP, CheckType.HTTPS);
        Set<CheckType> tls = Set.of(CheckType.HTTPS, CheckType.TLS);
        Map<Key, Set<CheckType>> types = new LinkedHashMap<>();
        types.put(SEND, Set.of(CheckType.TCP, CheckType.UDP));
        types.put(EXPECT, Set.of(CheckType.TCP, CheckType.UDP, CheckType.HTTP, CheckType.HTTPS, CheckType.DNS));
        types.put(REQUIRE_ANSWER, Set.of(CheckType.UDP));
        for (Key key : List.of(METHOD, PATH, HOST, HEADERS, STATUS)) {
            types.put(key, http);
        }
        for (Key key : List.of(SERVER_NAME, VERIFY, CA_FILE)) {
            types.put(key, tls);
        }
        types.put(QUERY, Set.of(CheckType.DNS));
        types.put(QUERY_TYPE, Set.of(CheckType.DNS));
        types.put(COMMAND, Set.of(CheckType.EXEC));
        return types;
    }

    private CheckKeys() {}

    /** The checks of a service as written; one of nothing but defaults if there is none. */
    static List<WrittenSection> of(WrittenSection service) {
        List<WrittenSection> written = service.entries(ENTRIES);
        return written.isEmpty() && !service.has(ENTRIES)
                ? List.of(new WrittenSection(service.pathOf(ENTRIES), service.placeOf(ENTRIES)))
                : written;
    }

    /** The check in which no mistake was found. */
    static HealthCheckConfig read(WrittenSection check) {
        Duration interval = ConfigBuilder.get(check, INTERVAL);
        Duration fastInterval = check.value(FAST_INTERVAL);
        Integer port = check.value(PORT);
        return new HealthCheckConfig(
                probe(check),
                port == null ? 0 : port,
                new Pace(
                        interval,
                        fastInterval == null ? interval : fastInterval,
                        ConfigBuilder.get(check, TIMEOUT),
                        ConfigBuilder.get(check, FAILURES),
                        ConfigBuilder.get(check, SUCCESS)));
    }

    private static Probe probe(WrittenSection check) {
        Payload expect = ConfigBuilder.get(check, EXPECT);
        return switch (ConfigBuilder.get(check, TYPE)) {
            case TCP -> new HealthCheckConfig.Tcp(ConfigBuilder.get(check, SEND), expect);
            case HTTP -> http(check, expect, Optional.empty());
            case HTTPS -> http(check, expect, Optional.of(tls(check)));
            case TLS -> new HealthCheckConfig.Tls(tls(check));
            case UDP ->
                new HealthCheckConfig.Udp(
                        ConfigBuilder.get(check, SEND), expect, ConfigBuilder.get(check, REQUIRE_ANSWER));
            case DNS ->
                new HealthCheckConfig.Dns(
                        ConfigBuilder.get(check, QUERY), ConfigBuilder.get(check, QUERY_TYPE), expect.text());
            case EXEC ->
                new HealthCheckConfig.Exec(
                        check.items(COMMAND).stream().map(Item::value).toList());
        };
    }

    private static HealthCheckConfig.Http http(WrittenSection check, Payload expect, Optional<TlsConfig> tls) {
        StatusRange status = ConfigBuilder.get(check, STATUS);
        return new HealthCheckConfig.Http(
                ConfigBuilder.get(check, METHOD),
                ConfigBuilder.get(check, PATH),
                ConfigBuilder.get(check, HOST),
                check.items(HEADERS).stream().map(Item::value).toList(),
                status.lowest(),
                status.highest(),
                expect,
                tls);
    }

    private static TlsConfig tls(WrittenSection check) {
        return new TlsConfig(
                ConfigBuilder.get(check, SERVER_NAME),
                ConfigBuilder.get(check, VERIFY),
                Optional.ofNullable(check.value(CA_FILE)));
    }

    /** Writes a check out. */
    static EffectiveConfig.Tree tree(HealthCheckConfig check) {
        EffectiveConfig.Tree tree = new EffectiveConfig.Tree().put(TYPE, type(check.probe()));
        if (check.port() != 0) {
            tree.put(PORT, check.port());
        }
        tree.put(INTERVAL, check.pace().interval())
                .put(FAST_INTERVAL, check.pace().fastInterval())
                .put(TIMEOUT, check.pace().timeout())
                .put(FAILURES, check.pace().failures())
                .put(SUCCESS, check.pace().success());
        switch (check.probe()) {
            case HealthCheckConfig.Tcp tcp -> tree.put(SEND, tcp.send()).put(EXPECT, tcp.expect());
            case HealthCheckConfig.Http http -> {
                tree.put(EXPECT, http.expect())
                        .put(METHOD, http.method())
                        .put(PATH, http.path())
                        .put(HOST, http.host())
                        .putAll(HEADERS, http.headers())
                        .put(STATUS, new StatusRange(http.lowestStatus(), http.highestStatus()));
                http.tls().ifPresent(tls -> put(tls, tree));
            }
            case HealthCheckConfig.Tls tls -> put(tls.tls(), tree);
            case HealthCheckConfig.Udp udp ->
                tree.put(SEND, udp.send()).put(EXPECT, udp.expect()).put(REQUIRE_ANSWER, udp.requireAnswer());
            case HealthCheckConfig.Dns dns ->
                tree.put(EXPECT, new Payload(dns.address()))
                        .put(QUERY, dns.name())
                        .put(QUERY_TYPE, dns.type());
            case HealthCheckConfig.Exec exec -> tree.putAll(COMMAND, exec.command());
        }
        return tree;
    }

    private static void put(TlsConfig tls, EffectiveConfig.Tree tree) {
        tree.put(SERVER_NAME, tls.serverName()).put(VERIFY, tls.verify());
        tls.caFile().ifPresent(file -> tree.put(CA_FILE, file));
    }

    private static CheckType type(Probe probe) {
        return switch (probe) {
            case HealthCheckConfig.Tcp tcp -> CheckType.TCP;
            case HealthCheckConfig.Http http -> http.tls().isPresent() ? CheckType.HTTPS : CheckType.HTTP;
            case HealthCheckConfig.Tls tls -> CheckType.TLS;
            case HealthCheckConfig.Udp udp -> CheckType.UDP;
            case HealthCheckConfig.Dns dns -> CheckType.DNS;
            case HealthCheckConfig.Exec exec -> CheckType.EXEC;
        };
    }

    /** What is sent or expected. */
    static ScalarType<Payload> payload() {
        return new ScalarType<>(
                "a text of at most 4096 characters, or hex: and pairs of hexadecimal digits",
                Form.TEXT,
                text -> {
                    if (text.length() > 4096) {
                        throw new IllegalArgumentException(text);
                    }
                    return new Payload(text);
                },
                Payload::text);
    }

    private static ScalarType<String> method() {
        return ScalarTypes.matching("[A-Z]{1,20}", "a method in capital letters, such as GET, HEAD or OPTIONS");
    }

    private static ScalarType<String> header() {
        return ScalarTypes.matching(
                "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}: [\\x20-\\x7E]{0,1000}", "NAME: VALUE in printable characters");
    }

    private static ScalarType<String> serverName() {
        return ScalarTypes.matching("([A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?)?", "a host name, or \"\"");
    }

    private static ScalarType<String> dnsName() {
        return ScalarTypes.matching(
                "\\.|[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63}){0,30}\\.?",
                "a domain name such as www.example.org, or . for the root");
    }

    private static ScalarType<String> word() {
        return ScalarTypes.matching("[^\\x00]{0,4096}", "a program by its absolute path, or an argument");
    }

    private static ScalarType<String> file() {
        return new ScalarType<>(
                "an absolute path",
                Form.TEXT,
                text -> {
                    if (!text.startsWith("/") || text.indexOf('\0') >= 0) {
                        throw new IllegalArgumentException(text);
                    }
                    return text;
                },
                value -> value);
    }
}
