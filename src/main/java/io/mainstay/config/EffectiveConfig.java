// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.Announce;
import io.mainstay.config.Schema.Backend;
import io.mainstay.config.Schema.Control;
import io.mainstay.config.Schema.Node;
import io.mainstay.config.Schema.Service;
import io.mainstay.config.Schema.Timeouts;
import io.mainstay.config.Schema.VirtualRouter;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.ServiceConfig;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The configuration in full, with every default written out. Stateless; any thread. */
public final class EffectiveConfig {

    private static final int HASH_DIGITS = 12;

    private EffectiveConfig() {}

    /** The configuration as YAML that reads back as an equal one. */
    public static String toYaml(MainstayConfig config) {
        return YamlWriter.write(toTree(config));
    }

    /** The first 12 hexadecimal digits of the SHA-256 of the YAML: equal for equal configurations. */
    public static String hash(MainstayConfig config) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(toYaml(config).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, HASH_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /**
     * The configuration as a tree of maps in the order of the keys, lists, and at the leaves {@link String}s,
     * {@link Integer}s and {@link Boolean}s.
     */
    public static Map<String, Object> toTree(MainstayConfig config) {
        Tree tree = new Tree();
        tree.putTree(
                Node.SECTION,
                new Tree()
                        .put(Node.NAME, config.node().name())
                        .put(Node.STARTUP_DELAY, config.node().startupDelay())
                        .put(Node.MAX_CONNECTIONS, config.node().maxConnections())
                        .put(Node.RELAY_THREADS, config.node().relayThreads()));
        tree.putTrees(
                VirtualRouter.ENTRIES,
                config.virtualRouters().stream()
                        .map(EffectiveConfig::virtualRouter)
                        .toList());
        tree.putTrees(
                Service.ENTRIES,
                config.services().stream().map(EffectiveConfig::service).toList());
        KernelKeys.writeEngine(config.kernelEngine(), tree);
        tree.putTree(
                Control.SECTION, new Tree().put(Control.SOCKET, config.control().socket()));
        return tree.values;
    }

    private static Tree virtualRouter(VirtualRouterSettings settings) {
        VirtualRouterConfig router = settings.router();
        Tree tree = new Tree()
                .put(VirtualRouter.NAME, router.name())
                .put(VirtualRouter.INTERFACE, router.interfaceName())
                .put(VirtualRouter.VRID, router.vrid())
                .put(VirtualRouter.PRIORITY, router.priority())
                .put(VirtualRouter.ADVERTISEMENT_INTERVAL, router.advertisementInterval())
                .putAll(VirtualRouter.ADDRESSES, router.addresses())
                .put(ProtocolKeys.VERSION, router.protocol().version())
                .put(ProtocolKeys.CHECKSUM, router.protocol().checksum())
                .put(ProtocolKeys.PASSWORD, router.protocol().authentication())
                .putAll(ProtocolKeys.UNICAST_PEERS, router.protocol().unicastPeers())
                .put(ProtocolKeys.UNICAST_MIN_TTL, router.protocol().leastUnicastTtl())
                .put(VirtualRouter.PREEMPT, router.preempt())
                .put(VirtualRouter.PREEMPT_DELAY, router.preemptDelay())
                .put(VirtualRouter.DRAIN_TIMEOUT, settings.drainTimeout())
                .put(VirtualMacKeys.VIRTUAL_MAC, settings.virtualMac().isPresent())
                .put(VirtualMacKeys.PREFIX, VirtualMacKeys.prefixOf(settings.virtualMac()))
                .putTree(
                        Announce.SECTION,
                        new Tree()
                                .put(Announce.REPEAT, settings.announce().repeat())
                                .put(Announce.REFRESH, settings.announce().refresh()));
        AuthenticationKeys.write(settings.authentication(), tree);
        settings.syncGroup().ifPresent(group -> tree.put(VirtualRouter.SYNC_GROUP, group));
        TrackKeys.write(settings.trackers(), tree);
        HookKeys.write(settings.hooks(), tree);
        return tree;
    }

    private static Tree service(ServiceSettings settings) {
        ServiceConfig service = settings.service();
        Tree tree = new Tree().put(Service.NAME, service.name()).putAll(Service.LISTEN, service.listeners());
        KernelKeys.write(settings.engine(), tree);
        BalanceKeys.write(service.selection(), tree);
        HealthKeys.write(settings.health(), tree);
        tree.put(Service.DRAIN_TIMEOUT, service.drainTimeout())
                .putTree(
                        Timeouts.SECTION,
                        new Tree()
                                .put(Timeouts.CONNECT, service.timeouts().connect())
                                .put(Timeouts.IDLE, service.timeouts().idle())
                                .put(Timeouts.HALF_CLOSED, service.timeouts().halfClosed())
                                .put(Timeouts.OPENING, service.timeouts().opening()));
        TrafficKeys.write(settings.traffic(), tree);
        return tree.putTrees(
                Backend.ENTRIES,
                service.backends().stream().map(EffectiveConfig::backend).toList());
    }

    private static Tree backend(BackendConfig backend) {
        return new Tree()
                .put(Backend.NAME, backend.name())
                .put(Backend.ADDRESS, backend.address())
                .put(Backend.WEIGHT, backend.weight())
                .put(Backend.MAX_CONNECTIONS, backend.maxConnections())
                .put(Backend.BACKUP, backend.backup());
    }

    /** A mapping under construction, keyed by the schema so that no name is written a second time. */
    static final class Tree {

        private final Map<String, Object> values = new LinkedHashMap<>();

        <T> Tree put(Key.Scalar<T> key, T value) {
            values.put(key.name(), leaf(key.type(), value));
            return this;
        }

        <T> Tree putAll(Key.Values<T> key, List<T> several) {
            values.put(
                    key.name(),
                    several.stream().map(value -> leaf(key.type(), value)).toList());
            return this;
        }

        Tree putTree(Key.Section key, Tree below) {
            values.put(key.name(), below.values);
            return this;
        }

        /** A list, or the one entry alone where that may stand without being a list. */
        Tree putTrees(Key.Entries key, List<Tree> entries) {
            boolean alone = key.loneEntry() && entries.size() == 1;
            values.put(
                    key.name(),
                    alone
                            ? entries.getFirst().values
                            : entries.stream().map(entry -> entry.values).toList());
            return this;
        }

        private static <T> Object leaf(ScalarType<T> type, T value) {
            String text = type.writer().apply(value);
            return switch (type.form()) {
                case NUMBER -> Integer.valueOf(text);
                case BOOLEAN -> Boolean.valueOf(text);
                case TEXT, SECRET -> text;
            };
        }
    }
}
