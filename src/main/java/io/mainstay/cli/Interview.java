// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.config.Durations;
import io.mainstay.config.EngineChoice;
import io.mainstay.config.HostFacts;
import io.mainstay.config.MainstayConfig;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.observe.IoProblem;
import io.mainstay.setup.AnswerReader;
import io.mainstay.setup.Doubts;
import io.mainstay.setup.Listening;
import io.mainstay.setup.Machine;
import io.mainstay.setup.MachineInterface;
import io.mainstay.setup.PairPlan;
import io.mainstay.setup.Segment;
import io.mainstay.setup.ServicePort;
import io.mainstay.setup.Speaker;
import io.mainstay.setup.machine.SegmentEar;
import io.mainstay.setup.machine.ThisMachine;
import java.io.IOException;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The questions of {@code mainstay init} in their order, since what is asked depends on what was answered. */
final class Interview {

    static final String INTERFACE = "--interface";
    static final String VIP = "--vip";
    static final String MULTICAST = "--multicast";
    static final String PEER = "--peer";
    static final String PORT = "--port";
    static final String BACKENDS = "--backends";
    static final String SERVICE = "--service";
    static final String ENGINE = "--engine";
    static final String VRID = "--vrid";
    static final String LISTEN_FOR = "--listen-for";
    static final String PRIORITY = "--priority";
    static final String PEER_PRIORITY = "--peer-priority";
    static final String INTERVAL = "--interval";
    static final String PEER_INTERFACE = "--peer-interface";
    static final String NAME = "--name";
    static final String PEER_NAME = "--peer-name";

    /** Somewhat longer than it takes until a Backup takes the place of an Active that advertises each second. */
    static final Duration LISTENED = Duration.ofSeconds(4);

    private static final Duration LONGEST_LISTENED = Duration.ofMinutes(10);

    /** As many as the hash takes that chooses backends. */
    private static final int SECRET_OCTETS = 16;

    private static final String NO_DEFAULT = "";

    private final Invocation invocation;
    private final PrintWriter out;
    private final boolean unattended;
    private final Machine machine;
    private final AnswerReader reader;
    private final Doubts doubts;
    private final Optional<MainstayConfig> present;

    /** @param present the configuration that is to be replaced, whose addresses may stand on this machine */
    Interview(Invocation invocation, Optional<MainstayConfig> present) {
        this.invocation = invocation;
        this.present = present;
        out = invocation.out();
        unattended = invocation.flag(InitCommand.YES);
        machine = look();
        doubts = new Doubts(machine);
        reader = new AnswerReader(
                machine,
                HostFacts.ofThisMachine(),
                present.map(MainstayConfig::virtualAddresses).orElse(Set.of()));
    }

    private static Machine look() {
        try {
            return ThisMachine.look();
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "cannot read the interfaces: " + IoProblem.describe(e));
        }
    }

    PairPlan plan() {
        out.println("Interfaces of this machine:");
        machine.interfaces().forEach(one -> out.println("  " + one));
        MachineInterface on = ask(
                INTERFACE,
                "Interface where clients and the other node are",
                machine.likelyInterface().map(InterfaceName::value).orElse(NO_DEFAULT),
                reader::interfaceHere);
        doubts.aboutInterface(on).forEach(this::warn);
        List<VirtualAddress> addresses =
                ask(VIP, "Virtual address, or several with commas", NO_DEFAULT, text -> reader.addresses(text, on));
        doubts.aboutAddresses(addresses, on).forEach(this::warn);
        boolean unicast =
                !ask(MULTICAST, "Does the network carry multicast between the nodes? yes or no", "yes", reader::yes);
        List<IpAddress> peer = unicast
                ? ask(PEER, "Address of the other node", NO_DEFAULT, text -> reader.unicastPeer(text, addresses, on))
                : ask(
                        PEER,
                        "Address of the other node, or none",
                        AnswerReader.NONE,
                        text -> reader.peer(text, addresses));
        doubts.aboutPeer(peer, on, unicast).forEach(this::warn);
        // Who says nothing of services on the command line is asked about all of them.
        boolean asksForServices = !unattended
                && invocation.text(PORT).isEmpty()
                && invocation.texts(SERVICE).isEmpty();
        List<PairPlan.Service> services = services(addresses, asksForServices);
        EngineChoice engine = engine(asksForServices && !services.isEmpty());
        VirtualRouterId vrid = vrid(on, addresses, peer);
        Priority priority = option(PRIORITY, "250", reader::priority);
        PairPlan.Node here =
                new PairPlan.Node(name(NAME), on.name(), priority, unicast ? reader.hereTowards(peer, on) : List.of());
        PairPlan.Node there = new PairPlan.Node(
                name(PEER_NAME),
                option(PEER_INTERFACE, on.name().value(), reader::interfaceThere),
                option(PEER_PRIORITY, "245", text -> reader.peerPriority(text, priority)),
                peer);
        return new PairPlan(
                vrid,
                option(INTERVAL, "100ms", reader::interval),
                addresses,
                unicast,
                here,
                there,
                services,
                engine,
                engine == EngineChoice.KERNEL && !services.isEmpty() ? secret() : "");
    }

    /** That of the configuration that is replaced, as the flows of the pair stand by it; or one that nobody can guess. */
    private String secret() {
        return present.map(config -> config.kernelEngine().secret())
                .filter(secret -> !secret.isEmpty())
                .orElseGet(Interview::anotherSecret);
    }

    private static String anotherSecret() {
        byte[] octets = new byte[SECRET_OCTETS];
        new SecureRandom().nextBytes(octets);
        return HexFormat.of().formatHex(octets);
    }

    private List<PairPlan.Service> services(List<VirtualAddress> addresses, boolean more) {
        List<PairPlan.Service> services = new ArrayList<>();
        Optional<ServicePort> port = ask(
                PORT,
                "Port on which clients are served, such as 80 or 53/udp, or none",
                "80",
                text -> reader.port(text, addresses, services));
        port.ifPresent(it -> services.add(service(it, BACKENDS, addresses)));
        for (String text : invocation.texts(SERVICE)) {
            services.add(read(SERVICE, text, it -> reader.service(it, addresses, services)));
        }
        while (more && port.isPresent()) {
            port = ask(
                    SERVICE,
                    "Another port, or none",
                    AnswerReader.NONE,
                    text -> reader.port(text, addresses, services));
            port.ifPresent(it -> services.add(service(it, SERVICE, addresses)));
        }
        return services;
    }

    private PairPlan.Service service(ServicePort port, String option, List<VirtualAddress> addresses) {
        return new PairPlan.Service(
                port,
                ask(
                        option,
                        "Backends, each ADDRESS:PORT or NAME=ADDRESS:PORT, with commas",
                        NO_DEFAULT,
                        text -> reader.backends(text, addresses, port)));
    }

    private EngineChoice engine(boolean asked) {
        String standard = EngineChoice.AUTO.name().toLowerCase(Locale.ROOT);
        return asked
                ? ask(
                        ENGINE,
                        "Engine: proxy (in user space, can do everything), kernel (eBPF, faster) or auto",
                        standard,
                        reader::engine)
                : option(ENGINE, standard, reader::engine);
    }

    private VirtualRouterId vrid(MachineInterface on, List<VirtualAddress> addresses, List<IpAddress> peer) {
        Set<IpAddress> virtual = addresses.stream().map(VirtualAddress::address).collect(Collectors.toSet());
        Optional<Segment> heard = listen(
                on.name(),
                Stream.concat(virtual.stream(), Doubts.askable(peer, on).stream())
                        .collect(Collectors.toSet()));
        Segment segment = heard.orElse(Segment.silent());
        segment.claims().forEach((address, mac) -> {
            if (virtual.contains(address)) {
                warn(address + " is in use: " + mac
                        + " answers for it (expected: nobody, by the time that Mainstay starts)");
            }
        });
        heard.ifPresent(it -> Doubts.aboutSilence(peer, on, it).forEach(this::warn));
        Optional<Speaker> advertiser = segment.advertiserOf(addresses);
        if (advertiser.isPresent() && invocation.text(VRID).isEmpty()) {
            offerToJoin(advertiser.get());
        }
        String offered = advertiser
                .map(Speaker::vrid)
                .or(() -> heard.flatMap(it -> it.freeVrid(addresses.getFirst().address())))
                .map(VirtualRouterId::toString)
                .orElse(NO_DEFAULT);
        return ask(
                VRID,
                "Virtual router number (VRID), used by nobody else on the segment",
                offered,
                text -> reader.vrid(text, segment, addresses));
    }

    private void offerToJoin(Speaker speaker) {
        if (unattended) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    "one of the virtual addresses is advertised already, " + speaker + " (expected: " + VRID + " "
                            + speaker.vrid() + " if this node is to join, or another " + VIP + ")");
        }
        out.println("  " + speaker.source()
                + " advertises one of the virtual addresses already: to join, take its number and another priority.");
    }

    /** Empty if it cannot be known which numbers are free. */
    private Optional<Segment> listen(InterfaceName on, Set<IpAddress> asked) {
        Duration duration = invocation.duration(LISTEN_FOR).orElse(LISTENED);
        if (duration.compareTo(LONGEST_LISTENED) > 0) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    LISTEN_FOR + ": " + Durations.format(duration) + " (expected: 0s.."
                            + Durations.format(LONGEST_LISTENED) + ")");
        }
        if (duration.isZero()) {
            return Optional.empty();
        }
        out.println("Listening on " + on + " for other routers, " + Durations.format(duration) + " ...");
        out.flush();
        return switch (SegmentEar.listen(on, asked, duration)) {
            case Listening.Heard heard -> {
                List<Speaker> speakers = heard.segment().speakers();
                speakers.forEach(speaker -> out.println("  " + speaker));
                if (speakers.isEmpty()) {
                    out.println("  nobody is heard");
                }
                yield Optional.of(heard.segment());
            }
            case Listening.Refused refused -> {
                warn("which numbers are in use cannot be found out: " + refused.why()
                        + (refused.forbidden() ? " (expected: root, or CAP_NET_ADMIN and CAP_NET_RAW)" : ""));
                yield Optional.empty();
            }
        };
    }

    private void warn(String text) {
        out.flush();
        invocation.err().println("warning: " + text);
        invocation.err().flush();
    }

    private Optional<String> name(String option) {
        return invocation.text(option).map(text -> option(option, text, reader::nodeName));
    }

    private static <T> T read(String option, String text, Function<String, T> reading) {
        try {
            return reading.apply(text);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, option + ": " + e.getMessage());
        }
    }

    private <T> T ask(String option, String prompt, String standard, Function<String, T> reading) {
        return new Dialogue(invocation, unattended).answer(question(option, prompt, standard, reading));
    }

    /** What is never asked for, as it rarely needs another answer. */
    private <T> T option(String option, String standard, Function<String, T> reading) {
        return new Dialogue(invocation, true).answer(question(option, option, standard, reading));
    }

    private static <T> Question<T> question(
            String option, String prompt, String standard, Function<String, T> reading) {
        return new Question<>(
                option, prompt, standard.equals(NO_DEFAULT) ? Optional.empty() : Optional.of(standard), reading);
    }
}
