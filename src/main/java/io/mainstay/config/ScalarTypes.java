// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.ScalarType.Form;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The types of values that the configuration is made of. */
final class ScalarTypes {

    private static final Pattern DECIMAL = Pattern.compile("0|[1-9][0-9]{0,8}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9\\[][A-Za-z0-9._:\\[\\]-]{0,63}");
    private static final Pattern HTTP_PATH = Pattern.compile("/[\\x21-\\x7E]{0,1023}");
    private static final Pattern HTTP_HOST = Pattern.compile("[A-Za-z0-9._:\\[\\]-]{0,253}");

    /** In one range of a listener: each is a socket on every worker. */
    private static final int MOST_PORTS = 1024;

    private ScalarTypes() {}

    static ScalarType<Boolean> bool() {
        return new ScalarType<>(
                "true or false",
                Form.BOOLEAN,
                text -> switch (text) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw new IllegalArgumentException(text);
                },
                value -> Boolean.toString(value));
    }

    static ScalarType<Integer> integer(int least, int most) {
        return new ScalarType<>(least + ".." + most, Form.NUMBER, text -> decimal(text, least, most), String::valueOf);
    }

    /** A number of a range, wrapped in a type of its own. */
    static <T> ScalarType<T> number(int least, int most, Function<Integer, T> wrap, Function<T, Integer> unwrap) {
        return new ScalarType<>(
                least + ".." + most,
                Form.NUMBER,
                text -> wrap.apply(decimal(text, least, most)),
                value -> unwrap.apply(value).toString());
    }

    static int decimal(String text, int least, int most) {
        // Digits alone: a sign, a leading zero, an underscore or a colon would mean something else to YAML 1.1.
        if (!DECIMAL.matcher(text).matches()) {
            throw new IllegalArgumentException(text);
        }
        int value = Integer.parseInt(text);
        if (value < least || value > most) {
            throw new IllegalArgumentException(text);
        }
        return value;
    }

    static ScalarType<Duration> duration(Duration least, Duration most) {
        return new ScalarType<>(
                range(least, most) + ", such as 250ms, 10s or 1m",
                Form.TEXT,
                text -> duration(text, least, most),
                Durations::format);
    }

    static ScalarType<Duration> durationInSteps(Duration least, Duration most, Duration step) {
        return new ScalarType<>(
                range(least, most) + " in steps of " + Durations.format(step) + ", such as 100ms or 1s",
                Form.TEXT,
                text -> {
                    Duration value = duration(text, least, most);
                    if (value.toMillis() % step.toMillis() != 0) {
                        throw new IllegalArgumentException(text);
                    }
                    return value;
                },
                Durations::format);
    }

    /** A duration of a range, or zero with a meaning of its own. */
    static ScalarType<Duration> durationOrZero(String zeroMeans, Duration least, Duration most) {
        return new ScalarType<>(
                range(least, most) + ", or 0s for " + zeroMeans,
                Form.TEXT,
                text -> Durations.parse(text).isZero() ? Duration.ZERO : duration(text, least, most),
                Durations::format);
    }

    private static String range(Duration least, Duration most) {
        return Durations.format(least) + ".." + Durations.format(most);
    }

    private static Duration duration(String text, Duration least, Duration most) {
        Duration value = Durations.parse(text);
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            throw new IllegalArgumentException(text);
        }
        return value;
    }

    /** The constants of an enum, in lower case. */
    static <T extends Enum<T>> ScalarType<T> word(Class<T> words) {
        T[] constants = words.getEnumConstants();
        return new ScalarType<>(
                Arrays.stream(constants).map(ScalarTypes::lower).collect(Collectors.joining(" or ")),
                Form.TEXT,
                text -> Arrays.stream(constants)
                        .filter(constant -> lower(constant).equals(text))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException(text)),
                ScalarTypes::lower);
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    static ScalarType<String> name() {
        return text(NAME, "1..64 letters, digits and characters of . _ - : [ ], starting with a letter or digit");
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    static ScalarType<String> httpPath() {
        return text(HTTP_PATH, "a path that starts with a slash, without spaces");
    }

    static ScalarType<String> httpHost() {
        return text(HTTP_HOST, "a host name or address, or \"\" for the backend's address");
    }

    /** A text that matches as a whole; a dot stands for the end of a line too. */
    static ScalarType<String> matching(String regex, String expected) {
        return text(Pattern.compile(regex, Pattern.DOTALL), expected);
    }

    private static ScalarType<String> text(Pattern pattern, String expected) {
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

    static ScalarType<InterfaceName> interfaceName() {
        return new ScalarType<>(
                "an interface name: 1..15 printable characters without / and :",
                Form.TEXT,
                InterfaceName::new,
                InterfaceName::value);
    }

    static ScalarType<VirtualAddress> virtualAddress() {
        return new ScalarType<>(
                "the address of a host (no loopback, no multicast) with its prefix length, such as 198.51.100.10/24 or 2001:db8::10/64",
                Form.TEXT,
                VirtualAddress::parse,
                VirtualAddress::toString);
    }

    static ScalarType<IpAddress> hostAddress() {
        return new ScalarType<>(
                "the address of a host; names are not looked up",
                Form.TEXT,
                text -> {
                    IpAddress address = IpAddress.parse(text);
                    if (address.isMulticast() || address.isUnspecified() || address.isLoopback()) {
                        throw new IllegalArgumentException(text);
                    }
                    return address;
                },
                IpAddress::toString);
    }

    static ScalarType<ListenerConfig> listener() {
        return new ScalarType<>(
                "ADDRESS:PORT or ADDRESS:PORT-PORT, then /tcp or /udp; /tcp may be left out, a range has at most "
                        + MOST_PORTS + " ports",
                Form.TEXT,
                ScalarTypes::listener,
                ListenerConfig::toString);
    }

    private static ListenerConfig listener(String text) {
        int slash = text.indexOf('/');
        Transport transport = switch (slash < 0 ? "/tcp" : text.substring(slash)) {
            case "/tcp" -> Transport.TCP;
            case "/udp" -> Transport.UDP;
            default -> throw new IllegalArgumentException(text);
        };
        String ports = slash < 0 ? text : text.substring(0, slash);
        int dash = ports.indexOf('-');
        Endpoint first = unicast(Endpoint.parse(dash < 0 ? ports : ports.substring(0, dash)));
        int last = dash < 0 ? first.port() : decimal(ports.substring(dash + 1), first.port(), 65535);
        if (last - first.port() >= MOST_PORTS) {
            throw new IllegalArgumentException(text);
        }
        return new ListenerConfig(first, last, transport);
    }

    static ScalarType<Endpoint> backendAddress() {
        return new ScalarType<>(
                "ADDRESS:PORT or [IPV6]:PORT of a server; names are not looked up",
                Form.TEXT,
                text -> {
                    Endpoint endpoint = unicast(Endpoint.parse(text));
                    if (endpoint.address().isUnspecified()) {
                        throw new IllegalArgumentException(text);
                    }
                    return endpoint;
                },
                Endpoint::toString);
    }

    private static Endpoint unicast(Endpoint endpoint) {
        if (endpoint.address().isMulticast()) {
            throw new IllegalArgumentException(endpoint.toString());
        }
        return endpoint;
    }

    static ScalarType<StatusRange> statusRange() {
        return new ScalarType<>(
                "an HTTP status or a range of them, such as 200 or 200-399",
                Form.TEXT,
                text -> {
                    int dash = text.indexOf('-');
                    return new StatusRange(
                            decimal(dash < 0 ? text : text.substring(0, dash), 100, 599),
                            decimal(text.substring(dash + 1), 100, 599));
                },
                StatusRange::toString);
    }

    static ScalarType<Path> socketPath() {
        return new ScalarType<>(
                "an absolute path of at most " + ControlSettings.LONGEST_SOCKET_PATH + " bytes",
                Form.TEXT,
                text -> {
                    boolean legal = text.startsWith("/")
                            && text.getBytes(StandardCharsets.UTF_8).length <= ControlSettings.LONGEST_SOCKET_PATH
                            && text.indexOf('\0') < 0;
                    if (!legal) {
                        throw new IllegalArgumentException(text);
                    }
                    return Path.of(text);
                },
                Path::toString);
    }

    /**
     * Which status codes of HTTP count as success.
     *
     * @param lowest lowest of them
     * @param highest highest of them, not below the lowest
     */
    record StatusRange(int lowest, int highest) {

        StatusRange {
            if (lowest > highest) {
                throw new IllegalArgumentException(lowest + "-" + highest);
            }
        }

        @Override
        public String toString() {
            return lowest == highest ? Integer.toString(lowest) : lowest + "-" + highest;
        }
    }
}
