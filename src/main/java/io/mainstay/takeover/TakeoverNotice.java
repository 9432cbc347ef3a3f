// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.VirtualAddress;

/** Something about the addresses that an operator should know. Repetitions within ten seconds are left out. */
public sealed interface TakeoverNotice {

    /** The stable word for logs and machine-readable output. */
    String label();

    /** What happened and what was done about it, for people. */
    String sentence();

    /** The address stood on the interface when this node started; an earlier run left it behind. */
    record StaleAddressFound(VirtualAddress address) implements TakeoverNotice {

        @Override
        public String label() {
            return "stale-address";
        }

        @Override
        public String sentence() {
            return address + " was on the interface at start, left behind by an earlier run: removed";
        }
    }

    /** Somebody put the address on the interface: while this node was not Active, or under another prefix length. */
    record AddressIntruded(VirtualAddress address, boolean active) implements TakeoverNotice {

        @Override
        public String label() {
            return "address-intruded";
        }

        @Override
        public String sentence() {
            return address + " was put on the interface by somebody else "
                    + (active
                            ? "beside the one of that address which this node holds, and would stay when this node steps"
                                    + " back: removed"
                            : "while this node is not Active: removed");
        }
    }

    /** Somebody removed a held address. */
    record AddressLost(VirtualAddress address) implements TakeoverNotice {

        @Override
        public String label() {
            return "address-lost";
        }

        @Override
        public String sentence() {
            return address + " was removed by somebody else while this node is Active: added again";
        }
    }

    /** A held address that somebody removed could not be added again; it is tried every second. */
    record AddressNotRestored(VirtualAddress address, String cause) implements TakeoverNotice {

        @Override
        public String label() {
            return "address-not-restored";
        }

        @Override
        public String sentence() {
            return address + " was removed by somebody else and cannot be added again: " + cause;
        }
    }

    /** An address could not be taken off the interface; it is tried every second. */
    record AddressNotRemoved(VirtualAddress address, String cause) implements TakeoverNotice {

        @Override
        public String label() {
            return "address-not-removed";
        }

        @Override
        public String sentence() {
            return address + " cannot be removed and still answers on this node: " + cause;
        }
    }

    /** The neighbours could not be told. */
    record AnnouncementFailed(IpAddress address, String cause) implements TakeoverNotice {

        @Override
        public String label() {
            return "announcement-failed";
        }

        @Override
        public String sentence() {
            return address + " could not be announced: " + cause;
        }
    }

    /** Connections could not be kept for the time after the addresses, and are reset as the addresses go. */
    record ConnectionsNotKept(String cause) implements TakeoverNotice {

        @Override
        public String label() {
            return "connections-not-kept";
        }

        @Override
        public String sentence() {
            return "connections cannot live on after the switchover and are reset: " + cause;
        }
    }

    /** Another host says that it has a held address. */
    record AddressConflict(IpAddress address, MacAddress claimant) implements TakeoverNotice {

        @Override
        public String label() {
            return "address-conflict";
        }

        @Override
        public String sentence() {
            return "the host with MAC " + claimant + " claims " + address + ", which this node holds: announced anew";
        }
    }
}
