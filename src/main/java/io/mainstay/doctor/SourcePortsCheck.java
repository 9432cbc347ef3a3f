// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.KernelEngineSettings;
import io.mainstay.config.ServiceSettings;
import io.mainstay.forward.Forwarding;
import io.mainstay.observe.ServiceStatus;
import java.util.List;
import java.util.Optional;

/**
 * Whether this host takes ports for connections of its own from which flows of the kernel engine leave: the data path drops what
 * comes to such a port of a virtual address and belongs to none of its flows.
 */
final class SourcePortsCheck {

    private static final String CHECK = "source_ports";

    private SourcePortsCheck() {}

    static List<Finding> examine(Patient patient) {
        List<String> services = patient.config().services().stream()
                .filter(service -> leavesFromThem(patient, service))
                .map(service -> service.service().name())
                .toList();
        Optional<LocalPorts> own = LocalPorts.of(patient.host()::read);
        if (services.isEmpty() || own.isEmpty()) {
            return List.of();
        }
        KernelEngineSettings.Ports ports = patient.config().kernelEngine().sourcePorts();
        int shared = own.get().countIn(ports);
        return List.of(
                shared == 0
                        ? Finding.ok(CHECK, "", "this host takes none of " + ports + " for connections of its own")
                        : Finding.warning(
                                CHECK,
                                "",
                                "this host takes " + shared + " of the ports " + ports
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
}
