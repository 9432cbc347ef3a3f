// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.config.Durations;
import io.mainstay.config.YamlWriter;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import io.mainstay.setup.PairPlan.Node;
import io.mainstay.setup.PairPlan.Service;
import java.util.LinkedHashMap;
import java.util.List;
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
        plan.service().ifPresent(service -> tree.put("services", List.of(service(plan, service))));
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
        tree.put("name", nameOf(service.port()));
        tree.put(
                "listen",
                plan.addresses().stream()
                        .map(address -> new Endpoint(address.address(), service.port()).toString())
                        .toList());
        tree.put("backends", service.backends().stream().map(PairFiles::backend).toList());
        return tree;
    }

    private static Map<String, Object> backend(BackendAnswer backend) {
        Map<String, Object> tree = new LinkedHashMap<>();
        backend.name().ifPresent(name -> tree.put("name", name));
        tree.put("address", backend.address().toString());
        return tree;
    }

    private static String nameOf(int port) {
        return switch (port) {
            case 80 -> "http";
            case 443 -> "https";
            default -> "tcp-" + port;
        };
    }
}
