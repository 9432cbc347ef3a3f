// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.kernel.ClaimSocket;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.kernel.LinkTable;
import io.mainstay.kernel.NeighbourAnnouncer;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.track.Observation;
import io.mainstay.track.TrackerConfig.NeighbourTracker;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether one of several neighbours answers: asks all of them at each look, and tells at the next what came of it. It asks by
 * probes that claim nothing, so that it disturbs nobody's tables.
 */
final class NeighbourLook implements Look {

    private final NeighbourTracker tracker;
    private final Set<IpFamily> families = EnumSet.noneOf(IpFamily.class);
    private final KernelEvents events;
    private final LinkTable links;
    private final NeighbourAnnouncer neighbours;

    private @Nullable ClaimSocket opened;
    private int openedIndex;
    private boolean asked;
    private final Set<IpAddress> answered = new LinkedHashSet<>();
    private Observation last = new Observation.Unclear("nobody was asked yet");

    NeighbourLook(NeighbourTracker tracker, KernelEvents events, LinkTable links, NeighbourAnnouncer neighbours) {
        this.tracker = tracker;
        this.events = events;
        this.links = links;
        this.neighbours = neighbours;
        tracker.addresses().forEach(address -> families.add(address.family()));
    }

    @Override
    public Observation look() {
        Observation ended = round();
        answered.clear();
        Optional<String> obstacle = ask();
        asked = obstacle.isEmpty();
        last = obstacle.<Observation>map(Observation.Bad::new).orElse(ended);
        return last;
    }

    @Override
    public Observation lookAgain() {
        last = answered.isEmpty() ? last : round();
        return last;
    }

    /** What came of the questions asked last. */
    private Observation round() {
        if (!answered.isEmpty()) {
            return new Observation.Good(answered.iterator().next() + " answers");
        }
        if (!asked) {
            return last;
        }
        List<IpAddress> all = tracker.addresses();
        return new Observation.Bad(
                all.size() == 1 ? all.getFirst() + " does not answer" : "none of " + all + " answers");
    }

    /** @return what kept it from asking, if anything did */
    private Optional<String> ask() {
        try {
            Optional<LinkState> link = links.find(tracker.interfaceName());
            if (link.isEmpty() || !link.get().isUsable()) {
                close();
                return Optional.of("interface " + tracker.interfaceName() + " cannot be used");
            }
            if (opened != null && openedIndex != link.get().index()) {
                close();
            }
            if (opened == null) {
                opened = events.listen(tracker.interfaceName(), families);
                openedIndex = link.get().index();
            }
            for (IpAddress address : tracker.addresses()) {
                neighbours.probe(tracker.interfaceName(), address);
            }
            return Optional.empty();
        } catch (KernelException e) {
            close();
            return Optional.of(e.getMessage());
        }
    }

    @Override
    public boolean concerns(KernelEvent event) {
        if (!(event instanceof KernelEvent.AddressClaimed claimed)
                || !claimed.interfaceName().equals(tracker.interfaceName())
                || !tracker.addresses().contains(claimed.address())) {
            return false;
        }
        answered.add(claimed.address());
        return true;
    }

    @Override
    public void close() {
        if (opened != null) {
            opened.close();
            opened = null;
        }
    }
}
