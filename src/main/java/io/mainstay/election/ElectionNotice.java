// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Priority;
import java.time.Duration;
import java.util.List;

/** Something about a peer that an operator should know, though the election goes on regardless. */
public sealed interface ElectionNotice {

    IpAddress peer();

    /** The stable word for logs and machine-readable output. */
    String label();

    /** What is odd and what to do about it, for people. */
    String sentence();

    /** The peer advertises another set of addresses; some routers would discard our advertisements for that. */
    record AddressesDiffer(IpAddress peer, List<IpAddress> theirs, List<IpAddress> ours) implements ElectionNotice {

        public AddressesDiffer {
            theirs = List.copyOf(theirs);
            ours = List.copyOf(ours);
        }

        @Override
        public String label() {
            return "peer-addresses-differ";
        }

        @Override
        public String sentence() {
            return "peer " + peer + " advertises the addresses " + theirs + ", this node has " + ours
                    + ": give both the same list; a keepalived before 2.3.3 does not hear who has another, and becomes Active"
                    + " beside this node";
        }
    }

    /** The peer advertises at another interval; a Backup follows the Active's. */
    record IntervalDiffers(IpAddress peer, Duration theirs, Duration ours) implements ElectionNotice {

        @Override
        public String label() {
            return "peer-interval-differs";
        }

        @Override
        public String sentence() {
            return "peer " + peer + " advertises every " + theirs.toMillis() + "ms, this node every " + ours.toMillis()
                    + "ms: give both the same advertisement_interval";
        }
    }

    /** Of a virtual router with both families, peers are heard over one only. */
    record FamilySilent(IpAddress peer, IpFamily heard, IpFamily silent) implements ElectionNotice {

        @Override
        public String label() {
            return "family-silent";
        }

        @Override
        public String sentence() {
            return "peer " + peer + " is heard over " + heard + ", but no peer over " + silent
                    + ": look for a filter of protocol 112 or of multicast there, and give the peer the " + silent
                    + " addresses too";
        }
    }

    /** Routers of this virtual router use both IPv4 checksum forms; a router that accepts one only will not hear all. */
    record ChecksumFormsMix(IpAddress peer, ChecksumForm form) implements ElectionNotice {

        @Override
        public String label() {
            return "checksum-forms-mix";
        }

        @Override
        public String sentence() {
            String word = switch (form) {
                case RFC9568 -> "without pseudo-header (RFC 9568)";
                case PSEUDO_HEADER -> "with pseudo-header (RFC 5798)";
                case PSEUDO_HEADER_OF_GROUP -> "with the pseudo-header of the multicast group";
            };
            return "peer " + peer + " sends checksums " + word + " and follows one with another form: a peer that"
                    + " accepts one form only does not hear every router";
        }
    }

    /** Another router acts as Active at the same time and loses the comparison. */
    record ContendingActive(IpAddress peer, Priority priority) implements ElectionNotice {

        @Override
        public String label() {
            return "contending-active";
        }

        @Override
        public String sentence() {
            return "peer " + peer + " advertises as Active with priority " + priority
                    + " although this node is Active and comes first: it may not hear this node's advertisements";
        }
    }

    /** Nobody is heard here, while another member of the sync group still follows the Active. */
    record SegmentSilent(IpAddress peer) implements ElectionNotice {

        @Override
        public String label() {
            return "segment-silent";
        }

        @Override
        public String sentence() {
            return "no Active is heard here, while another member of the sync group hears " + peer
                    + ": this segment is cut between the nodes; the group stays where it is";
        }
    }

    /** Two routers claim to own the addresses. */
    record DuplicateOwner(IpAddress peer) implements ElectionNotice {

        @Override
        public String label() {
            return "duplicate-owner";
        }

        @Override
        public String sentence() {
            return "peer " + peer + " has priority 255 as this node does: only one node can own the addresses";
        }
    }

    /** Somebody advertises from this node's own address. */
    record OwnAddressHeard(IpAddress peer) implements ElectionNotice {

        @Override
        public String label() {
            return "own-address-heard";
        }

        @Override
        public String sentence() {
            return "an advertisement came in from this node's own address " + peer
                    + ": another host has that address, or a switch loops frames back";
        }
    }

    /** The peer does not sign, and is taken in because not all nodes are asked to yet. */
    record AdvertisementsUnsigned(IpAddress peer) implements ElectionNotice {

        @Override
        public String label() {
            return "peer-unsigned";
        }

        @Override
        public String sentence() {
            return "peer " + peer
                    + " does not sign its advertisements, and anybody on the segment could send them: give it"
                    + " the key, and set authentication.mode: enforce once all nodes have it";
        }
    }

    /** The peer signs, and this node has no key to verify that with. */
    record SignatureUnverified(IpAddress peer) implements ElectionNotice {

        @Override
        public String label() {
            return "peer-signature-unverified";
        }

        @Override
        public String sentence() {
            return "peer " + peer
                    + " signs its advertisements, and this node has no key: it will not hear this node if it asks"
                    + " for signatures; put its key into authentication.keys here";
        }
    }

    /**
     * The clocks of this node and of the peer differ by more than half of what is put up with.
     *
     * @param difference such as {@code 3.2s behind}
     * @param window how much is put up with
     */
    record ClocksDiffer(IpAddress peer, String difference, String window) implements ElectionNotice {

        @Override
        public String label() {
            return "peer-clock-differs";
        }

        @Override
        public String sentence() {
            return "the clock of peer " + peer + " is " + difference + " this node's, and beyond " + window
                    + " its advertisements are not believed: set both by NTP";
        }
    }
}
