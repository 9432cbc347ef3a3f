// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelEvents;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.kernel.LinkTable;
import io.mainstay.kernel.NeighbourAnnouncer;
import io.mainstay.net.IpAddress;
import io.mainstay.track.Observation;
import io.mainstay.track.TrackerConfig.NeighbourTracker;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether one of several neighbours answers: asks all of them at each look, and tells at the next what came of it. It asks by
 * probes that claim nothing, so that it disturbs nobody's tables.
 */
final class NeighbourLook implements Look {

    private final NeighbourTracker tracker;
    private final KernelEvents events;
    private final LinkTable links;
    private final NeighbourAnnouncer neighbours;

    private @Nullable AdvertisementSocket opened;
    private int openedIndex;
    private boolean asked;
    private final Set<IpAddress> answered = new LinkedHashSet<>();
    private Observation last = new Observation.Unclear("nobody was asked yet");

    NeighbourLook(NeighbourTracker tracker, KernelEvents events, LinkTable links, NeighbourAnnouncer neighbours) {
        this.tracker = tracker;
        this.events = events;
        this.links = links;
        this.neighbours = neighbours;
    }

    @Override
    public Observation look() {
        last = result();
        answered.clear();
        asked = false;
        try {
            ask();
        } catch (KernelException e) {
            close();
            last = new Observation.Bad(e.getMessage());
        }
        return last;
    }

    @Override
    public Observation lookAgain() {
        if (!answered.isEmpty()) {
            last = result();
        }
        return last;
    }

    private Observation result() {
        if (!answered.isEmpty()) {
            return new Observation.Good(answered.iterator().next() + " answers");
        }
        return asked
                ? new Observation.Bad(
                        tracker.addresses().size() == 1
                                ? tracker.addresses().getFirst() + " does not answer"
                                : "none of " + tracker.addresses() + " answers")
                : last instanceof Observation.Bad ? last : new Observation.Unclear("nobody was asked yet");
    }

    private void ask() throws KernelException {
        Optional<LinkState> link = links.find(tracker.interfaceName());
        if (link.isEmpty() || !link.get().isUsable()) {
            close();
            last = new Observation.Bad("interface " + tracker.interfaceName() + " cannot be used");
            return;
        }
        if (opened != null && openedIndex != link.get().index()) {
            close();
        }
        if (opened == null) {
            opened = events.open(tracker.interfaceName());
            openedIndex = link.get().index();
        }
        for (IpAddress address : tracker.addresses()) {
            neighbours.probe(tracker.interfaceName(), address);
        }
        asked = true;
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
