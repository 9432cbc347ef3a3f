// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup.machine;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.linux.LinuxKernel;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.MacAddress;
import io.mainstay.setup.Listening;
import io.mainstay.setup.Segment;
import io.mainstay.setup.Speaker;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Listens on the segment of an interface: who advertises a virtual router, and who answers for an address. Sends nothing but
 * the questions for addresses and the membership in the groups of VRRP.
 */
public final class SegmentEar {

    /** No segment has that many; somebody who invents senders is not to fill the memory. */
    private static final int MOST_SPEAKERS = 4096;

    private final Collection<IpAddress> asked;
    private final Set<Speaker> speakers = new LinkedHashSet<>();
    private final Map<IpAddress, MacAddress> claims = new HashMap<>();

    private SegmentEar(Collection<IpAddress> asked) {
        this.asked = asked;
    }

    /**
     * Listens for a while, over both families as far as the interface has them.
     *
     * @param asked the addresses of which to ask who has them
     */
    public static Listening listen(InterfaceName interfaceName, Collection<IpAddress> asked, Duration duration) {
        SegmentEar ear = new SegmentEar(asked);
        try (LinuxKernel kernel = LinuxKernel.open()) {
            open(kernel.events(), interfaceName);
            MonotonicInstant start = kernel.clock().now();
            // Asked twice, as a question or an answer may be lost.
            ear.ask(kernel, interfaceName);
            ear.hear(kernel, start.plus(duration.dividedBy(2)));
            ear.ask(kernel, interfaceName);
            ear.hear(kernel, start.plus(duration));
            return new Listening.Heard(ear.segment());
        } catch (KernelException e) {
            return new Listening.Refused(e.getMessage(), isForbidden(e));
        }
    }

    private static void open(KernelEvents events, InterfaceName interfaceName) throws KernelException {
        List<KernelException> refusals = new ArrayList<>();
        for (IpFamily family : IpFamily.values()) {
            try {
                var unused = events.open(interfaceName, Set.of(family));
            } catch (KernelException e) {
                // A host, or an interface, without IPv6 is one on which nobody needs it.
                if (isForbidden(e)) {
                    throw e;
                }
                refusals.add(e);
            }
        }
        if (refusals.size() == IpFamily.values().length) {
            throw refusals.getFirst();
        }
    }

    private static boolean isForbidden(KernelException e) {
        return e.errno() == Errno.EPERM || e.errno() == Errno.EACCES;
    }

    private void ask(LinuxKernel kernel, InterfaceName interfaceName) throws KernelException {
        for (IpAddress address : asked) {
            kernel.announcer().probe(interfaceName, address);
        }
    }

    private void hear(LinuxKernel kernel, MonotonicInstant end) throws KernelException {
        while (kernel.clock().now().isBefore(end)) {
            kernel.events().await(Optional.of(end), this::take);
        }
    }

    private void take(KernelEvent event) {
        switch (event) {
            case KernelEvent.DatagramReceived received -> {
                if (speakers.size() < MOST_SPEAKERS) {
                    Speaker.of(received.datagram()).ifPresent(speakers::add);
                }
            }
            case KernelEvent.AddressClaimed claimed -> {
                if (asked.contains(claimed.address())) {
                    claims.put(claimed.address(), claimed.claimant());
                }
            }
            default -> {
                // Of no meaning for what is asked.
            }
        }
    }

    private Segment segment() {
        return new Segment(
                speakers.stream()
                        .sorted(Comparator.comparingInt(
                                speaker -> speaker.vrid().value()))
                        .toList(),
                claims);
    }
}
