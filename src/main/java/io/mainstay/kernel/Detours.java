// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;

/**
 * Sends packets to a virtual address, of TCP connections of which this host knows nothing, on to another host of the segment, as
 * they are. Called by the election thread: nothing here waits.
 */
public interface Detours {

    /** None: the stack resets such connections. */
    Detours NONE = new Detours() {
        @Override
        public void open(
                IpAddress address, InterfaceName leavesBy, IpAddress gateway, MonotonicInstant until, int credit) {}

        @Override
        public void close(IpAddress address) {}
    };

    /**
     * Sends them on until the given moment, or until so many have gone, whichever comes first.
     *
     * @param gateway the other host, of the same family
     */
    void open(IpAddress address, InterfaceName leavesBy, IpAddress gateway, MonotonicInstant until, int credit);

    /** Sends none on any more. */
    void close(IpAddress address);
}
