// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.Durations;
import io.mainstay.config.EngineChoice;
import io.mainstay.config.HostFacts;
import io.mainstay.config.YamlWriter;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Priority;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads answers and judges each at once: by the rules of the configuration, in its words, and by what this machine has.
 *
 * <p>Every method throws {@link IllegalArgumentException} with {@code value (expected: what)} for an answer that will not do.
 */
public final class AnswerReader {

    /** Answers that stand for nothing. */
    public static final String NONE = "none";

    private final Machine machine;
    private final HostFacts host;
    private final Set<IpAddress> claimedAlready;

    /**
     * For answers about this machine.
     *
     * @param claimedAlready the virtual addresses of the present configuration, which may stand on this machine
     */
    public AnswerReader(Machine machine, HostFacts host, Collection<IpAddress> claimedAlready) {
        this.machine = machine;
        this.host = host;
        this.claimedAlready = Set.copyOf(claimedAlready);
    }

    /** One of this machine's interfaces, with an address from which advertisements can be sent. */
    public MachineInterface interfaceHere(String text) {
        Optional<MachineInterface> found = machine.find(text);
        if (found.isEmpty()) {
            throw refused(
                    text,
                    "an interface of this machine: "
                            + machine.interfaces().stream()
                                    .map(one -> one.name().value())
                                    .collect(Collectors.joining(", ")));
        }
        if (found.get().addresses().isEmpty()) {
            throw refused(text, "an interface with an address of its own; this one has none");
        }
        return found.get();
    }

    /** An interface of the other node. */
    public InterfaceName interfaceThere(String text) {
        judgeRouter(Map.of("interface", text));
        return new InterfaceName(text);
    }

    /** The virtual addresses; one without a prefix length gets that of the network which it belongs to. */
    public List<VirtualAddress> addresses(String text, MachineInterface on) {
        List<String> complete =
                words(text).stream().map(word -> withPrefixLength(word, on)).toList();
        judgeRouter(Map.of("addresses", complete));
        List<VirtualAddress> addresses =
                complete.stream().map(VirtualAddress::parse).toList();
        for (VirtualAddress address : addresses) {
            IpFamily family = address.address().family();
            if (machine.holds(address.address()) && !claimedAlready.contains(address.address())) {
                throw refused(address.address(), "an address that no host has yet; this machine has it");
            }
            if (!on.has(family)) {
                throw refused(
                        address, "an address of a family that " + on.name() + " has; it has no " + family + " address");
            }
        }
        return addresses;
    }

    private static String withPrefixLength(String text, MachineInterface on) {
        if (text.indexOf('/') >= 0) {
            return text;
        }
        int length = on.prefixLengthFor(IpAddress.parse(text))
                .orElseThrow(() -> refused(
                        text,
                        "with its prefix length, such as " + text + "/24, as it is in no network of " + on.name()));
        return text + "/" + length;
    }

    /** Yes or no. */
    public boolean yes(String text) {
        return switch (text) {
            case "yes", "y" -> true;
            case "no", "n" -> false;
            default -> throw refused(text, "yes or no");
        };
    }

    /** The addresses of the other node, for advertisements to go there: one of each family that the virtual ones have. */
    public List<IpAddress> unicastPeer(String text, List<VirtualAddress> addresses, MachineInterface on) {
        List<IpAddress> peer = elsewhere(text, addresses);
        judgeRouter(Map.of("addresses", texts(addresses), "unicast_peers", words(text)));
        hereTowards(peer, on);
        return peer;
    }

    /** The addresses of the other node, for people; empty for {@value #NONE}. */
    public List<IpAddress> peer(String text, List<VirtualAddress> addresses) {
        return text.equals(NONE) ? List.of() : elsewhere(text, addresses);
    }

    private List<IpAddress> elsewhere(String text, List<VirtualAddress> addresses) {
        words(text).forEach(this::judgeHost);
        List<IpAddress> peer = words(text).stream().map(IpAddress::parse).toList();
        for (IpAddress address : peer) {
            if (machine.holds(address)) {
                throw refused(address, "an address of the other node; this machine has it");
            }
            if (addresses.stream().anyMatch(one -> one.address().equals(address))) {
                throw refused(address, "an address that stays with its node; this one is virtual");
            }
        }
        return peer;
    }

    /** The addresses under which the other node reaches this one, for each of its own. */
    public List<IpAddress> hereTowards(List<IpAddress> peer, MachineInterface on) {
        return peer.stream()
                .map(address -> on.addressTowards(address)
                        .orElseThrow(() -> refused(
                                address,
                                "an address of a family that " + on.name() + " has; it has no " + address.family()
                                        + " address")))
                .distinct()
                .toList();
    }

    /** A port that none of the services before has, of TCP or, by {@code /udp}, of UDP; empty for {@value #NONE}. */
    public Optional<ServicePort> port(String text, List<VirtualAddress> addresses, List<PairPlan.Service> before) {
        if (text.equals(NONE)) {
            return Optional.empty();
        }
        if (text.indexOf('-') >= 0) {
            throw refused(text, "one port, such as 80 or 53/udp");
        }
        IpAddress address = addresses.getFirst().address();
        String listen = address.family() == IpFamily.IPV4 ? address + ":" + text : "[" + address + "]:" + text;
        judgeService(addresses, List.of(listen), List.of(backend("192.0.2.254:1")));
        int slash = listen.lastIndexOf('/');
        ServicePort port = new ServicePort(
                Endpoint.parse(slash < 0 ? listen : listen.substring(0, slash)).port(),
                text.endsWith("/udp") ? Transport.UDP : Transport.TCP);
        if (before.stream().anyMatch(service -> service.port().equals(port))) {
            throw refused(text, "a port that is not served yet");
        }
        return Optional.of(port);
    }

    /** Backends as {@code ADDRESS:PORT} or {@code NAME=ADDRESS:PORT}, at least one. */
    public List<BackendAnswer> backends(String text, List<VirtualAddress> addresses, ServicePort port) {
        judgeService(
                addresses,
                addresses.stream().map(one -> port.listen(one.address())).toList(),
                words(text).stream().map(AnswerReader::backend).toList());
        return words(text).stream().map(AnswerReader::backendOf).toList();
    }

    /** A whole service as {@code PORT=BACKENDS} or {@code PORT/udp=BACKENDS}. */
    public PairPlan.Service service(String text, List<VirtualAddress> addresses, List<PairPlan.Service> before) {
        int equals = text.indexOf('=');
        if (equals < 0) {
            throw refused(text, "PORT=BACKENDS, such as 53/udp=10.0.0.11:53,10.0.0.12:53");
        }
        ServicePort port = port(text.substring(0, equals), addresses, before)
                .orElseThrow(() -> refused(text, "a port before the equals sign"));
        return new PairPlan.Service(port, backends(text.substring(equals + 1), addresses, port));
    }

    /** Which engine forwards. */
    public EngineChoice engine(String text) {
        return Stream.of(EngineChoice.values())
                .filter(choice -> choice.name().toLowerCase(Locale.ROOT).equals(text))
                .findFirst()
                .orElseThrow(() -> refused(text, "auto, proxy or kernel"));
    }

    private static BackendAnswer backendOf(String word) {
        int equals = word.indexOf('=');
        return new BackendAnswer(
                equals < 0 ? Optional.empty() : Optional.of(word.substring(0, equals)),
                Endpoint.parse(word.substring(equals + 1)));
    }

    private static Map<String, Object> backend(String word) {
        int equals = word.indexOf('=');
        return equals < 0
                ? Map.of("address", word)
                : Map.of("name", word.substring(0, equals), "address", word.substring(equals + 1));
    }

    /** A number that nobody was heard to use for other addresses. */
    public VirtualRouterId vrid(String text, Segment segment, List<VirtualAddress> addresses) {
        judgeRouter(Map.of("vrid", scalar(text)));
        VirtualRouterId vrid = new VirtualRouterId(Integer.parseInt(text));
        segment.strangerAt(vrid, addresses).ifPresent(stranger -> {
            throw refused(text, "a number that nobody uses; in use, " + stranger);
        });
        return vrid;
    }

    public Priority priority(String text) {
        judgeRouter(Map.of("priority", scalar(text)));
        return new Priority(Integer.parseInt(text));
    }

    /** Another priority than that of this node. */
    public Priority peerPriority(String text, Priority here) {
        Priority there = priority(text);
        if (there.equals(here)) {
            throw refused(text, "another priority than that of this node");
        }
        return there;
    }

    /** The advertisement interval. */
    public Duration interval(String text) {
        judgeRouter(Map.of("advertisement_interval", text));
        return Durations.parse(text);
    }

    /** A name for a node. */
    public String nodeName(String text) {
        judge(Map.of("node", Map.of("name", text)));
        return text;
    }

    private void judgeRouter(Map<String, Object> keys) {
        Map<String, Object> router = new LinkedHashMap<>();
        router.put("interface", "eth0");
        router.put("vrid", 1);
        router.put("addresses", List.of("192.0.2.1/24"));
        router.putAll(keys);
        judge(Map.of("virtual_routers", List.of(router)));
    }

    /** As a peer of a router that has an address of its family. */
    private void judgeHost(String text) {
        String ofSameFamily = text.indexOf(':') < 0 ? "198.19.255.254/32" : "2001:db8:ffff::ffff/128";
        judgeRouter(Map.of("addresses", List.of(ofSameFamily), "unicast_peers", List.of(text)));
    }

    private void judgeService(List<VirtualAddress> addresses, List<String> listen, List<Map<String, Object>> backends) {
        judge(Map.of(
                "virtual_routers",
                List.of(Map.of("interface", "eth0", "vrid", 1, "addresses", texts(addresses))),
                "services",
                List.of(Map.of("listen", listen, "backends", backends))));
    }

    private void judge(Map<String, Object> tree) {
        if (ConfigFile.parse(YamlWriter.write(tree), "answer", host) instanceof ConfigResult.Invalid invalid) {
            throw new IllegalArgumentException(invalid.problems().getFirst().message());
        }
    }

    /** Digits are a number to YAML; all else is refused as the text it is. */
    private static Object scalar(String text) {
        return text.matches("0|[1-9][0-9]{0,8}") ? (Object) Integer.valueOf(text) : text;
    }

    private static List<String> texts(List<VirtualAddress> addresses) {
        return addresses.stream().map(VirtualAddress::toString).toList();
    }

    /** What stands between commas; at least one word. */
    private static List<String> words(String text) {
        List<String> words = Stream.of(text.split("[,\\s]+", -1))
                .filter(word -> !word.isEmpty())
                .toList();
        if (words.isEmpty()) {
            throw refused(text, "at least one");
        }
        return words;
    }

    private static IllegalArgumentException refused(Object value, String expected) {
        return new IllegalArgumentException(value + " (expected: " + expected + ")");
    }
}
