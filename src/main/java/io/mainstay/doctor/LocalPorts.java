// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.KernelEngineSettings;
import java.util.BitSet;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The ports that the kernel takes for sockets which ask for none: those of {@code ip_local_port_range} without those of
 * {@code ip_local_reserved_ports} (ip-sysctl). They are the same for IPv4 and IPv6, for TCP and UDP.
 */
final class LocalPorts {

    static final String RANGE = "/proc/sys/net/ipv4/ip_local_port_range";
    private static final String RESERVED = "/proc/sys/net/ipv4/ip_local_reserved_ports";
    private static final Pattern BETWEEN = Pattern.compile("(\\d{1,5})\\s+(\\d{1,5})");
    private static final Pattern ONE_OR_MORE = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");
    private static final int LAST_PORT = 65535;

    private final BitSet ports;

    private LocalPorts(BitSet ports) {
        this.ports = ports;
    }

    /**
     * Empty if the range cannot be read, or is none.
     *
     * @param files {@link Host#read}
     */
    static Optional<LocalPorts> of(Function<String, Optional<String>> files) {
        Optional<BitSet> range = files.apply(RANGE).flatMap(text -> ports(BETWEEN, text));
        range.ifPresent(ports -> files.apply(RESERVED).ifPresent(text -> {
            for (String reserved : text.split(",", -1)) {
                ports(ONE_OR_MORE, reserved).ifPresent(ports::andNot);
            }
        }));
        return range.map(LocalPorts::new);
    }

    private static Optional<BitSet> ports(Pattern form, String text) {
        Matcher ends = form.matcher(text.strip());
        if (!ends.matches()) {
            return Optional.empty();
        }
        int first = Integer.parseInt(ends.group(1));
        int last = ends.group(2) == null ? first : Integer.parseInt(ends.group(2));
        if (first > last || last > LAST_PORT) {
            return Optional.empty();
        }
        BitSet ports = new BitSet();
        ports.set(first, last + 1);
        return Optional.of(ports);
    }

    int count() {
        return ports.cardinality();
    }

    /** How many of them are in a range. */
    int countIn(KernelEngineSettings.Ports range) {
        return ports.get(range.first(), range.last() + 1).cardinality();
    }
}
