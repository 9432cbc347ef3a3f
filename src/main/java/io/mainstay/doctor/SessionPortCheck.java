// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.ServiceSettings;
import io.mainstay.forward.SourceAddress;
import io.mainstay.net.Transport;
import io.mainstay.observe.ServiceStatus;
import java.util.List;

/**
 * Whether the proxy engine can have as many sessions of datagrams as it may. Each has a socket towards its backend, for which the
 * kernel takes a port that no other UDP socket of the host has, whichever the backend (ip(7), ip_local_port_range).
 */
final class SessionPortCheck {

    private static final String CHECK = "udp sessions";
    private static final String ADVICE =
            "widen net.ipv4.ip_local_port_range, let sessions end sooner (udp.session_timeout,"
                    + " udp.responses), or set limits.connections";

    private SessionPortCheck() {}

    static List<Finding> examine(Patient patient) {
        List<ServiceSettings> services = patient.proxied().stream()
                .filter(service ->
                        service.service().listeners().stream().anyMatch(each -> each.transport() == Transport.UDP))
                // These have the port of their client.
                .filter(service -> service.traffic().udp().source() == SourceAddress.NODE)
                .toList();
        if (services.isEmpty()) {
            return List.of();
        }
        long now = services.stream()
                .flatMap(service -> patient.statusOf(service).stream())
                .mapToLong(ServiceStatus::connectionsActive)
                .sum();
        return List.of(LocalPorts.of(patient.host()::read)
                .map(ports -> judge(ports.count(), most(patient, services), now))
                .orElseGet(() -> Finding.skipped(CHECK, "", LocalPorts.RANGE + " cannot be read", "")));
    }

    /** How many sessions the operator allows; 0: that is left open. */
    private static long most(Patient patient, List<ServiceSettings> services) {
        long ofNode = patient.config().node().maxConnections();
        long ofServices = 0;
        for (ServiceSettings service : services) {
            int limit = service.traffic().limits().connections();
            if (limit == 0) {
                return ofNode;
            }
            ofServices += limit;
        }
        return ofNode > 0 ? Math.min(ofNode, ofServices) : ofServices;
    }

    private static Finding judge(long ports, long most, long now) {
        if (now > ports / 4 * 3) {
            return Finding.warning(
                    CHECK, "", now + " at the moment, and there are no more than " + ports + " local ports", ADVICE);
        }
        return most <= ports
                ? Finding.ok(CHECK, "", "there are " + ports + " local ports for them")
                : Finding.warning(
                        CHECK, "", most + " are allowed, and there are only " + ports + " local ports", ADVICE);
    }
}
