// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.KernelEngineSettings;
import io.mainstay.config.ServiceSettings;
import io.mainstay.forward.Forwarding;
import io.mainstay.observe.ServiceStatus;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Whether this host takes ports for connections of its own from which flows of the kernel engine leave: the data path drops what
 * comes to such a port of a virtual address and belongs to none of its flows (ip-sysctl, ip_local_port_range).
 */
final class SourcePortsCheck {

    private static final String CHECK = "source_ports";
    private static final String OWN = "/proc/sys/net/ipv4/ip_local_port_range";
    private static final String RESERVED = "/proc/sys/net/ipv4/ip_local_reserved_ports";
    private static final int LAST_PORT = 65535;

    private SourcePortsCheck() {}

    static List<Finding> examine(Patient patient) {
        List<String> services = patient.config().services().stream()
                .filter(service -> leavesFromThem(patient, service))
                .map(service -> service.service().name())
                .toList();
        List<int[]> own = patient.host().read(OWN).map(SourcePortsCheck::ranges).orElse(List.of());
        if (services.isEmpty() || own.isEmpty()) {
            return List.of();
        }
        KernelEngineSettings.Ports ports = patient.config().kernelEngine().sourcePorts();
        BitSet shared = new BitSet();
        own.forEach(range -> shared.set(range[0], range[1] + 1));
        patient.host()
                .read(RESERVED)
                .map(SourcePortsCheck::ranges)
                .orElse(List.of())
                .forEach(range -> shared.clear(range[0], range[1] + 1));
        shared.clear(0, ports.first());
        shared.clear(ports.last() + 1, LAST_PORT + 1);
        return List.of(
                shared.isEmpty()
                        ? Finding.ok(CHECK, "", "this host takes none of " + ports + " for connections of its own")
                        : Finding.warning(
                                CHECK,
                                "",
                                "this host takes " + shared.cardinality() + " ports of " + ports
                                        + ", from which the kernel engine sends for " + String.join(", ", services)
                                        + ", for connections of its own: one from a virtual address gets no answer there",
                                "add them to net.ipv4.ip_local_reserved_ports, narrow net.ipv4.ip_local_port_range, or name"
                                        + " others in kernel_engine.source_ports"));
    }

    /** Whether the kernel engine has the service, or would, and its backends may see a port of this node. */
    private static boolean leavesFromThem(Patient patient, ServiceSettings service) {
        if (service.engine().forwarding() == Forwarding.DSR) {
            return false;
        }
        Optional<ServiceStatus> status = patient.after().stream()
                .flatMap(snapshot -> snapshot.services().stream())
                .filter(each -> each.name().equals(service.service().name()))
                .findFirst();
        if (status.isPresent()) {
            return status.get().engine().equals("kernel");
        }
        return switch (service.engine().choice()) {
            case PROXY -> false;
            case KERNEL -> true;
            case AUTO -> !patient.config().kernelEngine().secret().isEmpty();
        };
    }

    /** Such as {@code 32768 60999}, or {@code 8080,10240-32767}. */
    private static List<int[]> ranges(String text) {
        List<int[]> ranges = new ArrayList<>();
        for (String range : text.strip().replaceFirst("\\s+", "-").split(",", -1)) {
            String[] ends = range.strip().split("-", -1);
            int first = port(ends[0]);
            int last = port(ends[ends.length - 1]);
            if (first >= 0 && first <= last) {
                ranges.add(new int[] {first, last});
            }
        }
        return ranges;
    }

    private static int port(String text) {
        int port = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : -1;
        return port <= LAST_PORT ? port : -1;
    }
}
