// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.ScalarType.Form;
import io.mainstay.config.WrittenSection.Item;
import io.mainstay.forward.Forwarding;
import io.mainstay.net.IpAddress;
import java.util.List;
import java.util.regex.Pattern;

/** The keys of the kernel engine: those of a service, and those below {@code kernel_engine}. */
final class KernelKeys {

    static final Key.Scalar<EngineChoice> ENGINE = Key.optional(
            "engine",
            ScalarTypes.word(EngineChoice.class),
            EngineChoice.AUTO,
            "Which engine forwards the traffic: proxy in user space, kernel in eBPF programs, where the service asks for"
                    + " nothing that it lacks; auto is kernel where kernel_engine.secret is set and nobody would notice the"
                    + " difference (docs/kernel-engine.md), else proxy.");

    static final Key.Scalar<Forwarding> FORWARDING = Key.optional(
            "forwarding",
            ScalarTypes.word(Forwarding.class),
            Forwarding.FULL_NAT,
            "In the kernel engine, which addresses backends see: a virtual address as the client (full_nat), the client's"
                    + " own, with the pair as their router (nat), or both the client's and the virtual one, which they hold"
                    + " too (dsr).");

    static final Key.Values<IpAddress> SOURCE_ADDRESSES = new Key.Values<>(
            "source_addresses",
            address(),
            0,
            64,
            true,
            "With forwarding: full_nat, the virtual addresses that connections to backends come from; by default the one"
                    + " that the client asked for.");

    private KernelKeys() {}

    /** Below {@code kernel_engine}. */
    static final class Engine {
        static final Key.Scalar<String> SECRET = Key.optional(
                "secret",
                secret(),
                KernelEngineSettings.DEFAULT.secret(),
                "Goes into the choice of backends; the same on both nodes, so that connections survive a takeover. With one"
                        + " that clients do not know, nobody can aim at a backend.");

        static final Key.Scalar<KernelEngineSettings.Ports> SOURCE_PORTS = Key.optional(
                "source_ports",
                ports(),
                KernelEngineSettings.DEFAULT.sourcePorts(),
                "The ports of the virtual addresses that connections to backends come from. No service may listen on one of"
                        + " them, nor the host use them for its own (net.ipv4.ip_local_port_range). The same on both nodes.");

        static final Key.Scalar<Integer> MAX_FLOWS = Key.optional(
                "max_flows",
                ScalarTypes.integer(1024, 16_777_216),
                KernelEngineSettings.DEFAULT.maxFlows(),
                "How many connections and UDP sessions the flow table holds, about 450 bytes each; read when the data path is"
                        + " loaded for the first time after the host has started.");

        static final Key.Scalar<XdpChoice> XDP = Key.optional(
                "xdp",
                ScalarTypes.word(XdpChoice.class),
                KernelEngineSettings.DEFAULT.xdp(),
                "Where packets of established flows are forwarded by XDP, before tc sees them: auto on network cards whose driver"
                        + " runs it and that are no part of a bond, bridge or VLAN; native wherever a driver runs it, where a veth"
                        + " needs what docs/kernel-engine.md tells; never leaves all to tc. To attach it can reset a card's rings"
                        + " and take its link down for a moment, so it is done when the daemon starts, never at a takeover.");

        static final Key.Section SECTION = new Key.Section(
                "kernel_engine",
                List.of(SECRET, SOURCE_PORTS, MAX_FLOWS, XDP),
                "The eBPF data path, for services with engine: kernel or auto.");

        private Engine() {}
    }

    static EngineSettings read(WrittenSection service) {
        return new EngineSettings(
                ConfigBuilder.get(service, ENGINE),
                ConfigBuilder.get(service, FORWARDING),
                service.items(SOURCE_ADDRESSES).stream().map(Item::value).toList());
    }

    static void write(EngineSettings engine, EffectiveConfig.Tree service) {
        service.put(ENGINE, engine.choice())
                .put(FORWARDING, engine.forwarding())
                .putAll(SOURCE_ADDRESSES, engine.sourceAddresses());
    }

    static KernelEngineSettings readEngine(WrittenSection root) {
        WrittenSection engine = root.section(Engine.SECTION);
        return new KernelEngineSettings(
                ConfigBuilder.get(engine, Engine.SECRET),
                ConfigBuilder.get(engine, Engine.SOURCE_PORTS),
                ConfigBuilder.get(engine, Engine.MAX_FLOWS),
                ConfigBuilder.get(engine, Engine.XDP));
    }

    static void writeEngine(KernelEngineSettings engine, EffectiveConfig.Tree root) {
        root.putTree(
                Engine.SECTION,
                new EffectiveConfig.Tree()
                        .put(Engine.SECRET, engine.secret())
                        .put(Engine.SOURCE_PORTS, engine.sourcePorts())
                        .put(Engine.MAX_FLOWS, engine.maxFlows())
                        .put(Engine.XDP, engine.xdp()));
    }

    private static ScalarType<IpAddress> address() {
        return new ScalarType<>(
                "an IPv4 or IPv6 address of a virtual router", Form.TEXT, IpAddress::parse, IpAddress::toString);
    }

    private static ScalarType<String> secret() {
        Pattern printable = Pattern.compile("[\\x20-\\x7E]{0,128}");
        return new ScalarType<>(
                "at most 128 printable characters",
                Form.SECRET,
                text -> {
                    if (!printable.matcher(text).matches()) {
                        throw new IllegalArgumentException(text);
                    }
                    return text;
                },
                value -> value);
    }

    private static ScalarType<KernelEngineSettings.Ports> ports() {
        return new ScalarType<>(
                "two of 1024..65535, the lower first, such as 10240-32767",
                Form.TEXT,
                text -> {
                    int dash = text.indexOf('-');
                    int first = ScalarTypes.decimal(text.substring(0, Math.max(dash, 0)), 1024, 65535);
                    return new KernelEngineSettings.Ports(
                            first, ScalarTypes.decimal(text.substring(dash + 1), first, 65535));
                },
                KernelEngineSettings.Ports::toString);
    }
}
