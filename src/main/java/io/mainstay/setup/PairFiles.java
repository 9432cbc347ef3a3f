// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.config.Durations;
import io.mainstay.config.EngineChoice;
import io.mainstay.config.YamlWriter;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualAddress;
import io.mainstay.setup.PairPlan.Node;
import io.mainstay.setup.PairPlan.Service;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes the mainstay.yaml of both nodes of a pair. Stateless; any thread. */
public final class PairFiles {

    private static final String ROUTER_NAME = "vip";

    private PairFiles() {}

    /** The file for the node on which the questions were answered. */
    public static String here(PairPlan plan) {
        return file(plan, plan.here(), plan.peer(), "this node");
    }

    /** The file for the other node. */
    public static String peer(PairPlan plan) {
        return file(plan, plan.peer(), plan.here(), "the other node of the pair");
    }

    private static String file(PairPlan plan, Node node, Node other, String whose) {
        Map<String, Object> tree = new LinkedHashMap<>();
        node.name().ifPresent(name -> tree.put("node", Map.of("name", name)));
        tree.put("virtual_routers", List.of(router(plan, node, other)));
        if (!plan.services().isEmpty()) {
            tree.put(
                    "services",
                    plan.services().stream()
                            .map(service -> service(plan, service))
                            .toList());
        }
        if (!plan.secret().isEmpty()) {
            tree.put("kernel_engine", Map.of("secret", plan.secret()));
        }
        return head(plan, node.name().orElse(whose)) + YamlWriter.write(tree);
    }

    private static String head(PairPlan plan, String whose) {
        return """
                # Mainstay: /etc/mainstay/mainstay.yaml
                #
                # Written by mainstay init for %s; the file of the other node differs in what belongs to the node:
                # %s.
                #
                #   mainstay config check                 finds every mistake, with its line
                #   mainstay reload                       takes this file over
                #   mainstay config show --effective      prints every key with the value in force
                #   man mainstay.yaml                     tells of every key

                """.formatted(whose, whatDiffers(plan));
    }

    private static String whatDiffers(PairPlan plan) {
        return "priority"
                + (plan.here().interfaceName().equals(plan.peer().interfaceName()) ? "" : ", interface")
                + (plan.unicast() ? ", unicast_peers" : "")
                + (plan.here().name().equals(plan.peer().name()) ? "" : ", node.name");
    }

    private static Map<String, Object> router(PairPlan plan, Node node, Node other) {
        Map<String, Object> router = new LinkedHashMap<>();
        router.put("name", ROUTER_NAME);
        router.put("interface", node.interfaceName().value());
        router.put("vrid", plan.vrid().value());
        router.put("priority", node.priority().value());
        router.put("advertisement_interval", Durations.format(plan.interval()));
        router.put(
                "addresses",
                plan.addresses().stream().map(VirtualAddress::toString).toList());
        if (plan.unicast()) {
            router.put(
                    "unicast_peers",
                    other.addresses().stream().map(IpAddress::toString).toList());
        }
        return router;
    }

    private static Map<String, Object> service(PairPlan plan, Service service) {
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("name", service.port().serviceName());
        tree.put(
                "listen",
                plan.addresses().stream()
                        .map(address -> service.port().listen(address.address()))
                        .toList());
        if (plan.engine() != EngineChoice.AUTO) {
            tree.put("engine", plan.engine().name().toLowerCase(Locale.ROOT));
        }
        if (service.port().transport() == Transport.UDP) {
            tree.put("health_check", notRefusing());
        }
        tree.put("backends", service.backends().stream().map(PairFiles::backend).toList());
        return tree;
    }

    /** To what a server of UDP answers is known to people alone. */
    private static Map<String, Object> notRefusing() {
        Map<String, Object> check = new LinkedHashMap<>();
        check.put("type", "udp");
        check.put("send", "hex:00");
        check.put("require_answer", false);
        return check;
    }

    private static Map<String, Object> backend(BackendAnswer backend) {
        Map<String, Object> tree = new LinkedHashMap<>();
        backend.name().ifPresent(name -> tree.put("name", name));
        tree.put("address", backend.address().toString());
        return tree;
    }
}
