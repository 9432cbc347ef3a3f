// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelEvent;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.MacAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A cable for each test: {@link #NEAR} ends in the namespace of the tests, {@link #FAR} in another, each with an address of
 * 198.18.0.0/24.
 */
final class VethLab implements BeforeEachCallback, AfterEachCallback {

    static final InterfaceName NEAR = new InterfaceName("near0");
    static final InterfaceName FAR = new InterfaceName("far0");
    static final Set<IpFamily> BOTH_FAMILIES = Set.of(IpFamily.values());
    static final IpAddress NEAR_ADDRESS = IpAddress.parse("198.18.0.1");
    static final IpAddress FAR_ADDRESS = IpAddress.parse("198.18.0.2");
    static final MacAddress NEAR_MAC = new MacAddress(0x0200_0000_0001L);
    static final MacAddress FAR_MAC = new MacAddress(0x0200_0000_0002L);

    /** Turns of waiting before a condition counts as not to come; each ends after a tenth of a second at the latest. */
    private static final int MOST_TURNS = 300;

    private static final long LONGEST_TURN_NANOS = 100_000_000;

    private @Nullable NetworkNamespace far;

    @Override
    public void beforeEach(ExtensionContext context) {
        NetworkNamespace.requirePrivate();
        NetworkNamespace namespace = new NetworkNamespace();
        far = namespace;
        plug();
    }

    /** Makes the cable, as at the start of each test. */
    void plug() {
        NetworkNamespace.ip(
                "link",
                "add",
                NEAR.value(),
                "address",
                NEAR_MAC.toString(),
                "type",
                "veth",
                "peer",
                "name",
                FAR.value(),
                "address",
                FAR_MAC.toString(),
                "netns",
                far().path());
        far().call(() -> {
            NetworkNamespace.sysctl("net/ipv6/conf/" + FAR + "/accept_dad", "0");
            NetworkNamespace.ip("address", "add", FAR_ADDRESS + "/24", "dev", FAR.value());
            return NetworkNamespace.ip("link", "set", FAR.value(), "up");
        });
        NetworkNamespace.sysctl("net/ipv6/conf/" + NEAR + "/accept_dad", "0");
        NetworkNamespace.ip("address", "add", NEAR_ADDRESS + "/24", "dev", NEAR.value());
        NetworkNamespace.ip("link", "set", NEAR.value(), "up");
        awaitBothUp();
    }

    /**
     * Waits until frames pass both ways. The kernel lets an interface whose carrier comes send only a moment later
     * (net/core/link_watch.c), and throws away what is sent before.
     */
    void awaitBothUp() {
        awaitUp(NEAR);
        far().call(() -> {
            awaitUp(FAR);
            return "up";
        });
    }

    private static void awaitUp(InterfaceName interfaceName) {
        Awaitility.await()
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(Duration.ofSeconds(30))
                .until(() -> NetworkNamespace.ip("-o", "link", "show", interfaceName.value())
                                .contains("state UP")
                        && NetworkNamespace.ip("-o", "address", "show", "dev", interfaceName.value())
                                .contains("fe80::"));
    }

    NetworkNamespace far() {
        return Objects.requireNonNull(far, "before the test");
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (NetworkNamespace.interfaces().contains(NEAR.value())) {
            NetworkNamespace.ip("link", "delete", NEAR.value());
        }
        far().close();
    }

    /** Waits until an event comes of which the condition holds, and gives all events up to it. */
    static List<KernelEvent> awaitEvent(LinuxKernel kernel, Predicate<KernelEvent> condition) throws Exception {
        List<KernelEvent> events = new ArrayList<>();
        Consumer<KernelEvent> sink = events::add;
        for (int turn = 0; turn < MOST_TURNS; turn++) {
            if (events.stream().anyMatch(condition)) {
                return events;
            }
            kernel.events().await(Optional.of(kernel.clock().now().plusNanos(LONGEST_TURN_NANOS)), sink);
        }
        throw new AssertionError("the event did not come; those that came: " + events);
    }

    /** The events that are there already. */
    static List<KernelEvent> eventsNow(LinuxKernel kernel) throws Exception {
        List<KernelEvent> events = new ArrayList<>();
        int before;
        do {
            before = events.size();
            kernel.events().await(Optional.of(kernel.clock().now()), events::add);
        } while (events.size() > before);
        return events;
    }

    static <T extends KernelEvent> T lastOf(Class<T> type, List<KernelEvent> events) {
        return events.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .reduce((earlier, later) -> later)
                .orElseThrow();
    }
}
