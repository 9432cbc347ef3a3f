// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;

/** Sees what a node does to its host, at the moment at which it does it. */
interface HostObserver {

    HostObserver NOBODY = new HostObserver() {
        @Override
        public void eventArrived() {}

        @Override
        public void advertised(IpAddress source, IpAddress destination, byte[] message) {}

        @Override
        public void announced(IpAddress address) {}

        @Override
        public void addressAdded(VirtualAddress address) {}

        @Override
        public void addressRemoved(VirtualAddress address) {}
    };

    void eventArrived();

    void advertised(IpAddress source, IpAddress destination, byte[] message);

    void announced(IpAddress address);

    void addressAdded(VirtualAddress address);

    void addressRemoved(VirtualAddress address);
}
