// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.config.EngineChoice;
import io.mainstay.config.ServiceSettings;
import io.mainstay.forward.BackendConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Transport;
import io.mainstay.observe.BackendStatus;
import io.mainstay.observe.ServiceStatus;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Whether the backends of each service can be reached: by the health checks of the daemon, or without one by trying to
 * connect. And whether a service has the engine that it asks for.
 */
final class ServiceCheck {

    private static final String CHECK = "backends";
    private static final String ENGINE = "engine";

    private ServiceCheck() {}

    static List<Finding> examine(Patient patient) {
        List<Finding> findings = new ArrayList<>();
        Map<Endpoint, String> refusals = patient.after().isPresent() ? Map.of() : tried(patient);
        for (ServiceSettings service : patient.config().services()) {
            Optional<ServiceStatus> status = patient.after().stream()
                    .flatMap(snapshot -> snapshot.services().stream())
                    .filter(each -> each.name().equals(service.service().name()))
                    .findFirst();
            if (status.isPresent()) {
                findings.add(judge(status.get()));
            } else if (patient.after().isEmpty() && isTcp(service)) {
                findings.add(judge(service, refusals));
            }
            engine(patient, service, status).ifPresent(findings::add);
        }
        return findings;
    }

    private static boolean isTcp(ServiceSettings service) {
        return service.service().listeners().stream().allMatch(each -> each.transport() == Transport.TCP);
    }

    private static Map<Endpoint, String> tried(Patient patient) {
        Set<Endpoint> endpoints = new LinkedHashSet<>();
        patient.config().services().stream()
                .filter(ServiceCheck::isTcp)
                .flatMap(service -> service.service().backends().stream())
                .forEach(backend -> endpoints.add(backend.address()));
        return patient.host().refusals(endpoints);
    }

    private static Finding judge(ServiceStatus service) {
        List<String> bad = new ArrayList<>();
        for (BackendStatus backend : service.backends()) {
            if (backend.state() == BackendStatus.State.UNHEALTHY) {
                BackendStatus.LastCheck last = backend.lastCheck();
                bad.add(backend.name() + " " + backend.address() + ": "
                        + (last == null ? backend.reason() : last.detail()));
            }
        }
        boolean all = service.backends().stream().noneMatch(each -> each.state() == BackendStatus.State.HEALTHY);
        return judge(
                service.name(),
                service.backends().size(),
                bad,
                all && !bad.isEmpty(),
                "fail their health checks",
                "mainstay backend check " + service.name() + "/BACKEND shows each step of a check");
    }

    private static Finding judge(ServiceSettings service, Map<Endpoint, String> refusals) {
        List<BackendConfig> backends = service.service().backends();
        List<String> bad = backends.stream()
                .filter(backend -> refusals.containsKey(backend.address()))
                .map(backend -> backend.name() + " " + backend.address() + ": " + refusals.get(backend.address()))
                .toList();
        return judge(
                service.service().name(),
                backends.size(),
                bad,
                bad.size() == backends.size(),
                "cannot be connected to",
                "look whether they run, and for a route or firewall between");
    }

    private static Finding judge(
            String service, int backends, List<String> bad, boolean all, String what, String advice) {
        if (bad.isEmpty()) {
            return Finding.ok(CHECK, service, "none of " + backends + " has failed");
        }
        String found = bad.size() + " of " + backends + " " + what + ": " + String.join("; ", bad);
        return all
                ? Finding.failed(CHECK, service, found + "; nobody is served", advice)
                : Finding.warning(CHECK, service, found, advice);
    }

    private static Optional<Finding> engine(Patient patient, ServiceSettings service, Optional<ServiceStatus> status) {
        if (service.engine().choice() != EngineChoice.KERNEL) {
            return Optional.empty();
        }
        String name = service.service().name();
        if (status.isPresent()) {
            return Optional.of(
                    status.get().engine().equals("kernel")
                            ? Finding.ok(ENGINE, name, "the kernel engine forwards it")
                            : Finding.warning(
                                    ENGINE,
                                    name,
                                    "asks for the kernel engine, and the "
                                            + status.get().engine() + " engine forwards it: "
                                            + status.get().engineReason(),
                                    "docs/kernel-engine.md tells what it needs"));
        }
        return switch (KernelFeatures.ofKernelEngine(patient.host())) {
            case KernelFeatures.Answer.Complete() ->
                Optional.of(Finding.ok(ENGINE, name, "the kernel has what its engine needs"));
            case KernelFeatures.Answer.Lacking(String features) ->
                Optional.of(Finding.warning(
                        ENGINE,
                        name,
                        "asks for the kernel engine, and the kernel lacks " + features
                                + ": the proxy engine will forward it",
                        "docs/kernel-engine.md tells what it needs"));
            case KernelFeatures.Answer.Unknown(String reason) ->
                Optional.of(Finding.skipped(
                        ENGINE,
                        name,
                        "whether the kernel has what its engine needs is not known: " + reason,
                        "run as root"));
        };
    }
}
