// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a backend is checked.
 *
 * @param probe what is tried
 * @param port where it is tried; 0: where the backend serves
 * @param pace how often, and how many results decide
 */
public record HealthCheckConfig(Probe probe, int port, Pace pace) {

    /**
     * How often a backend is checked, and how many results decide.
     *
     * @param interval pause between the starts of two checks
     * @param fastInterval the same while the results speak against the verdict
     * @param timeout after which a check without answer counts as failed; shorter than the interval
     * @param failures how many failures in a row make a healthy backend unhealthy, at least 1
     * @param success how many successes in a row make an unhealthy backend healthy, at least 1
     */
    public record Pace(Duration interval, Duration fastInterval, Duration timeout, int failures, int success) {}

    /** A check where the backend serves, with the same pause whatever is found. */
    public HealthCheckConfig(Probe probe, Duration interval, Duration timeout, int failures, int success) {
        this(probe, 0, new Pace(interval, interval, timeout, failures, success));
    }

    public Duration timeout() {
        return pace.timeout();
    }

    boolean triesTheSameAs(HealthCheckConfig other) {
        return probe.equals(other.probe) && port == other.port;
    }

    /** What is tried, for people: {@code http GET /health on port 8081}. */
    public String shown() {
        String what = switch (probe) {
            case Tcp tcp -> "tcp";
            case Http http -> (http.tls().isPresent() ? "https " : "http ") + http.method() + " " + http.path();
            case Tls tls -> "tls";
            case Udp udp -> "udp";
            case Dns dns -> "dns " + dns.name() + " " + dns.type();
            case Exec exec -> "exec " + String.join(" ", exec.command());
        };
        return port == 0 ? what : what + " on port " + port;
    }

    /** What a check tries. */
    public sealed interface Probe {}

    /**
     * The connection is accepted, and the answer is as expected.
     *
     * @param send what is sent first
     * @param expect what has to stand in the answer; none: any answer will do if something is sent, else none is awaited
     */
    public record Tcp(Payload send, Payload expect) implements Probe {

        /** The connection is accepted, and that is all. */
        public Tcp() {
            this(Payload.NONE, Payload.NONE);
        }
    }

    /**
     * The server answers a request of HTTP/1.1.
     *
     * @param method such as GET or HEAD
     * @param path the request target, starting with a slash
     * @param host the Host header; empty: the backend's address
     * @param headers more header fields, each {@code Name: value}
     * @param lowestStatus lowest status that counts as success
     * @param highestStatus highest status that counts as success
     * @param expect what has to stand in the first 64 KiB of the body; none: the body does not matter
     * @param tls how TLS is spoken below HTTP; empty: it is not
     */
    public record Http(
            String method,
            String path,
            String host,
            List<String> headers,
            int lowestStatus,
            int highestStatus,
            Payload expect,
            Optional<TlsConfig> tls)
            implements Probe {

        public Http {
            headers = List.copyOf(headers);
        }

        /** A GET without anything special. */
        public Http(String path, String host, int lowestStatus, int highestStatus) {
            this("GET", path, host, List.of(), lowestStatus, highestStatus, Payload.NONE, Optional.empty());
        }
    }

    /** A TLS handshake succeeds. */
    public record Tls(TlsConfig tls) implements Probe {}

    /**
     * How TLS is spoken.
     *
     * @param serverName the name that is asked for (SNI) and that the certificate must bear if it is verified; empty: none is
     *     asked for, and the address counts
     * @param verify whether the certificate must be valid and of a known authority
     * @param caFile path of a file with the certificates of the authorities; empty: those that the machine trusts
     */
    public record TlsConfig(String serverName, boolean verify, Optional<String> caFile) {}

    /**
     * A datagram is answered, or at least not refused.
     *
     * @param send what is sent
     * @param expect what has to stand in the answer; none: any answer will do
     * @param requireAnswer whether silence is a failure; if not, a check lasts for the whole timeout while nothing comes
     */
    public record Udp(Payload send, Payload expect, boolean requireAnswer) implements Probe {}

    /**
     * A name server answers a question.
     *
     * @param name the name that is asked for
     * @param type the type of the records that are asked for
     * @param address an address that must be among the answers; empty: any record of the type will do
     */
    public record Dns(String name, DnsType type, String address) implements Probe {}

    /** The types of records that can be asked for (RFC 1035 §3.2.2, RFC 3596, RFC 2782). */
    public enum DnsType {
        A(1),
        AAAA(28),
        CNAME(5),
        MX(15),
        NS(2),
        PTR(12),
        SOA(6),
        SRV(33),
        TXT(16);

        private final int code;

        DnsType(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    /**
     * A program of the operator ends with exit status 0.
     *
     * @param command the absolute path of the program and its arguments
     */
    public record Exec(List<String> command) implements Probe {

        public Exec {
            command = List.copyOf(command);
        }
    }
}
