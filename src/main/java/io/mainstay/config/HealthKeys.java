// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;

import io.mainstay.config.ScalarType.Form;
import io.mainstay.config.ScalarTypes.StatusRange;
import io.mainstay.config.WrittenSection.Item;
import io.mainstay.health.AgentCheckConfig;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.HealthCheckConfig.DnsType;
import io.mainstay.health.HealthCheckConfig.Pace;
import io.mainstay.health.HealthCheckConfig.Probe;
import io.mainstay.health.HealthCheckConfig.TlsConfig;
import io.mainstay.health.OutlierConfig;
import io.mainstay.health.Payload;
import io.mainstay.health.ServiceHealthConfig;
import io.mainstay.health.ServiceHealthConfig.OnDown;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The keys of a service by which its backends are judged. */
final class HealthKeys {

    static final Key.Scalar<OnDown> ON_BACKEND_DOWN = Key.optional(
            "on_backend_down",
            ScalarTypes.word(OnDown.class),
            OnDown.KEEP,
            "What becomes of the live connections of a backend that its checks or its agent find down: keep lets them"
                    + " live on for as long as they can, reset ends them, so that clients come back and get another"
                    + " backend.");

    private HealthKeys() {}

    /** What a health check tries. */
    enum CheckType {
        TCP,
        HTTP,
        HTTPS,
        TLS,
        UDP,
        DNS,
        EXEC
    }

    /** Below {@code health_check} of a service. */
    static final class Check {
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
                "failures",
                ScalarTypes.integer(1, 100),
                3,
                "How many failures in a row make a healthy backend unhealthy.");

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

        static final Key.Scalar<String> QUERY = Key.derived(
                "query", dnsName(), "none; needed with type dns", "With type dns: the name that is asked for.");

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

        private Check() {}
    }

    /** Below {@code agent_check} of a service. */
    static final class Agent {
        static final Key.Scalar<Integer> PORT = Key.optional(
                "port",
                ScalarTypes.integer(0, 65535),
                0,
                "Where the agents listen, on the addresses of the backends; 0: there are none.");

        static final Key.Scalar<Duration> INTERVAL = Key.optional(
                "interval",
                ScalarTypes.duration(ofMillis(50), ofDays(1)),
                ofSeconds(10),
                "The pause between the starts of two questions.");

        static final Key.Scalar<Duration> TIMEOUT = Key.optional(
                "timeout",
                ScalarTypes.duration(ofMillis(10), ofDays(1)),
                ofSeconds(3),
                "After which an agent that has said nothing is left alone until the next time; shorter than the"
                        + " interval.");

        static final Key.Scalar<Payload> SEND = Key.optional(
                "send", payload(), Payload.NONE, "What an agent is sent first, if it waits for something.");

        static final Key.Section SECTION = new Key.Section(
                "agent_check",
                List.of(PORT, INTERVAL, TIMEOUT, SEND),
                "How an agent beside each backend is asked what the backend wants: a smaller share (75%), fewer"
                        + " connections (maxconn:30), no new ones (drain, ready), or none at all (down, up). The words are"
                        + " those of HAProxy's agent check.");

        private Agent() {}
    }

    /** Below {@code outlier_detection} of a service. */
    static final class Outlier {
        static final Key.Scalar<Integer> CONSECUTIVE_FAILURES = Key.optional(
                "consecutive_failures",
                ScalarTypes.integer(0, 10_000),
                0,
                "So many connections of clients that cannot be made, in a row, eject the backend; 0: none do.");

        static final Key.Scalar<Boolean> COUNT_RESETS = Key.optional(
                "count_resets",
                ScalarTypes.bool(),
                false,
                "Whether a connection that the backend resets before it has answered counts as well. A client can bring"
                        + " that about.");

        static final Key.Scalar<Duration> EJECTION_TIME = Key.optional(
                "ejection_time",
                ScalarTypes.duration(ofSeconds(1), ofHours(1)),
                ofSeconds(30),
                "How long an ejected backend gets no new connections; the second time in a row twice as long, the third"
                        + " three times, up to ten times.");

        static final Key.Scalar<Integer> MAX_EJECTED = Key.optional(
                "max_ejected",
                percent(0),
                50,
                "The largest share of the backends that may be ejected at the same time, rounded down.");

        static final Key.Section SECTION = new Key.Section(
                "outlier_detection",
                List.of(CONSECUTIVE_FAILURES, COUNT_RESETS, EJECTION_TIME, MAX_EJECTED),
                "When the connections of clients count against a backend that its checks find healthy.");

        private Outlier() {}
    }

    private static ScalarType<Payload> payload() {
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

    private static ScalarType<Integer> percent(int least) {
        return new ScalarType<>(
                least + "%..100%",
                Form.TEXT,
                text -> {
                    if (!text.endsWith("%")) {
                        throw new IllegalArgumentException(text);
                    }
                    return ScalarTypes.decimal(text.substring(0, text.length() - 1), least, 100);
                },
                value -> value + "%");
    }

    private static ScalarType<String> method() {
        return matching("[A-Z]{1,20}", "a method in capital letters, such as GET, HEAD or OPTIONS");
    }

    private static ScalarType<String> header() {
        return matching(
                "[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}: [\\x20-\\x7E]{0,1000}", "NAME: VALUE in printable characters");
    }

    private static ScalarType<String> serverName() {
        return matching("([A-Za-z0-9_]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?)?", "a host name, or \"\"");
    }

    private static ScalarType<String> dnsName() {
        return matching(
                "\\.|[A-Za-z0-9_-]{1,63}(\\.[A-Za-z0-9_-]{1,63}){0,30}\\.?",
                "a domain name such as www.example.org, or . for the root");
    }

    private static ScalarType<String> word() {
        return matching("[^\\x00]{0,4096}", "a program by its absolute path, or an argument");
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

    private static ScalarType<String> matching(String regex, String expected) {
        Pattern pattern = Pattern.compile(regex, Pattern.DOTALL);
        return new ScalarType<>(
                expected,
                Form.TEXT,
                text -> {
                    if (!pattern.matcher(text).matches()) {
                        throw new IllegalArgumentException(text);
                    }
                    return text;
                },
                value -> value);
    }

    /** The checks as written; one of nothing but defaults if there is none. */
    static List<WrittenSection> checks(WrittenSection service) {
        List<WrittenSection> written = service.entries(Check.ENTRIES);
        return written.isEmpty() && !service.has(Check.ENTRIES)
                ? List.of(new WrittenSection(service.pathOf(Check.ENTRIES), service.placeOf(Check.ENTRIES)))
                : written;
    }

    /** How the backends of a service in which no mistake was found are judged. */
    static ServiceHealthConfig read(WrittenSection service) {
        return new ServiceHealthConfig(
                checks(service).stream().map(HealthKeys::check).toList(),
                agent(service.section(Agent.SECTION)),
                outliers(service.section(Outlier.SECTION)),
                ConfigBuilder.get(service, ON_BACKEND_DOWN));
    }

    private static HealthCheckConfig check(WrittenSection check) {
        Duration interval = ConfigBuilder.get(check, Check.INTERVAL);
        Duration fastInterval = check.value(Check.FAST_INTERVAL);
        Integer port = check.value(Check.PORT);
        return new HealthCheckConfig(
                probe(check),
                port == null ? 0 : port,
                new Pace(
                        interval,
                        fastInterval == null ? interval : fastInterval,
                        ConfigBuilder.get(check, Check.TIMEOUT),
                        ConfigBuilder.get(check, Check.FAILURES),
                        ConfigBuilder.get(check, Check.SUCCESS)));
    }

    private static Probe probe(WrittenSection check) {
        Payload expect = ConfigBuilder.get(check, Check.EXPECT);
        return switch (ConfigBuilder.get(check, Check.TYPE)) {
            case TCP -> new HealthCheckConfig.Tcp(ConfigBuilder.get(check, Check.SEND), expect);
            case HTTP -> http(check, expect, Optional.empty());
            case HTTPS -> http(check, expect, Optional.of(tls(check)));
            case TLS -> new HealthCheckConfig.Tls(tls(check));
            case UDP ->
                new HealthCheckConfig.Udp(
                        ConfigBuilder.get(check, Check.SEND), expect, ConfigBuilder.get(check, Check.REQUIRE_ANSWER));
            case DNS ->
                new HealthCheckConfig.Dns(
                        ConfigBuilder.get(check, Check.QUERY),
                        ConfigBuilder.get(check, Check.QUERY_TYPE),
                        expect.text());
            case EXEC ->
                new HealthCheckConfig.Exec(
                        check.items(Check.COMMAND).stream().map(Item::value).toList());
        };
    }

    private static HealthCheckConfig.Http http(WrittenSection check, Payload expect, Optional<TlsConfig> tls) {
        StatusRange status = ConfigBuilder.get(check, Check.STATUS);
        return new HealthCheckConfig.Http(
                ConfigBuilder.get(check, Check.METHOD),
                ConfigBuilder.get(check, Check.PATH),
                ConfigBuilder.get(check, Check.HOST),
                check.items(Check.HEADERS).stream().map(Item::value).toList(),
                status.lowest(),
                status.highest(),
                expect,
                tls);
    }

    private static TlsConfig tls(WrittenSection check) {
        return new TlsConfig(
                ConfigBuilder.get(check, Check.SERVER_NAME),
                ConfigBuilder.get(check, Check.VERIFY),
                Optional.ofNullable(check.value(Check.CA_FILE)));
    }

    private static Optional<AgentCheckConfig> agent(WrittenSection agent) {
        int port = ConfigBuilder.get(agent, Agent.PORT);
        return port == 0
                ? Optional.empty()
                : Optional.of(new AgentCheckConfig(
                        port,
                        ConfigBuilder.get(agent, Agent.INTERVAL),
                        ConfigBuilder.get(agent, Agent.TIMEOUT),
                        ConfigBuilder.get(agent, Agent.SEND)));
    }

    private static Optional<OutlierConfig> outliers(WrittenSection outlier) {
        int failures = ConfigBuilder.get(outlier, Outlier.CONSECUTIVE_FAILURES);
        return failures == 0
                ? Optional.empty()
                : Optional.of(new OutlierConfig(
                        failures,
                        ConfigBuilder.get(outlier, Outlier.EJECTION_TIME),
                        ConfigBuilder.get(outlier, Outlier.MAX_EJECTED),
                        ConfigBuilder.get(outlier, Outlier.COUNT_RESETS)));
    }

    /** Writes out how the backends of a service are judged. */
    static void write(ServiceHealthConfig health, EffectiveConfig.Tree service) {
        service.putTrees(
                Check.ENTRIES, health.checks().stream().map(HealthKeys::tree).toList());
        EffectiveConfig.Tree agent = new EffectiveConfig.Tree();
        health.agent()
                .ifPresentOrElse(
                        asked -> agent.put(Agent.PORT, asked.port())
                                .put(Agent.INTERVAL, asked.interval())
                                .put(Agent.TIMEOUT, asked.timeout())
                                .put(Agent.SEND, asked.send()),
                        () -> agent.put(Agent.PORT, 0));
        EffectiveConfig.Tree outlier = new EffectiveConfig.Tree();
        health.outliers()
                .ifPresentOrElse(
                        detected -> outlier.put(Outlier.CONSECUTIVE_FAILURES, detected.consecutiveFailures())
                                .put(Outlier.COUNT_RESETS, detected.countResets())
                                .put(Outlier.EJECTION_TIME, detected.ejectionTime())
                                .put(Outlier.MAX_EJECTED, detected.maxEjectedPercent()),
                        () -> outlier.put(Outlier.CONSECUTIVE_FAILURES, 0));
        service.putTree(Agent.SECTION, agent).putTree(Outlier.SECTION, outlier).put(ON_BACKEND_DOWN, health.onDown());
    }

    private static EffectiveConfig.Tree tree(HealthCheckConfig check) {
        EffectiveConfig.Tree tree = new EffectiveConfig.Tree().put(Check.TYPE, type(check.probe()));
        if (check.port() != 0) {
            tree.put(Check.PORT, check.port());
        }
        tree.put(Check.INTERVAL, check.pace().interval())
                .put(Check.FAST_INTERVAL, check.pace().fastInterval())
                .put(Check.TIMEOUT, check.pace().timeout())
                .put(Check.FAILURES, check.pace().failures())
                .put(Check.SUCCESS, check.pace().success());
        switch (check.probe()) {
            case HealthCheckConfig.Tcp tcp -> tree.put(Check.SEND, tcp.send()).put(Check.EXPECT, tcp.expect());
            case HealthCheckConfig.Http http -> {
                tree.put(Check.EXPECT, http.expect())
                        .put(Check.METHOD, http.method())
                        .put(Check.PATH, http.path())
                        .put(Check.HOST, http.host())
                        .putAll(Check.HEADERS, http.headers())
                        .put(Check.STATUS, new StatusRange(http.lowestStatus(), http.highestStatus()));
                http.tls().ifPresent(tls -> put(tls, tree));
            }
            case HealthCheckConfig.Tls tls -> put(tls.tls(), tree);
            case HealthCheckConfig.Udp udp ->
                tree.put(Check.SEND, udp.send())
                        .put(Check.EXPECT, udp.expect())
                        .put(Check.REQUIRE_ANSWER, udp.requireAnswer());
            case HealthCheckConfig.Dns dns ->
                tree.put(Check.EXPECT, new Payload(dns.address()))
                        .put(Check.QUERY, dns.name())
                        .put(Check.QUERY_TYPE, dns.type());
            case HealthCheckConfig.Exec exec -> tree.putAll(Check.COMMAND, exec.command());
        }
        return tree;
    }

    private static void put(TlsConfig tls, EffectiveConfig.Tree tree) {
        tree.put(Check.SERVER_NAME, tls.serverName()).put(Check.VERIFY, tls.verify());
        tls.caFile().ifPresent(file -> tree.put(Check.CA_FILE, file));
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
}
