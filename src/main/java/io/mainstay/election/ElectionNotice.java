// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.net.IpAddress;
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
                    + ": give both the same list";
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

    /** Another router has been Active for long although it loses the comparison. */
    record Unheard(IpAddress peer, Duration lasted) implements ElectionNotice {

        @Override
        public String label() {
            return "unheard";
        }

        @Override
        public String sentence() {
            return "peer " + peer + " has gone on as Active for " + lasted.toMillis()
                    + "ms although this node comes first: it does not hear this node, which hands over to it";
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
}
