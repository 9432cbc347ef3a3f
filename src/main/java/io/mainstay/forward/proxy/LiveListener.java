// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.ListenerConfig;
import io.mainstay.net.IpAddress;

/** An address on which a service takes connections, with its gate. Safe for use by several threads. */
final class LiveListener {

    private final ListenerConfig config;
    private final boolean virtual;
    private volatile boolean open;

    /** @param virtual whether the address moves between nodes: if so the gate starts closed, else it is always open */
    LiveListener(ListenerConfig config, boolean virtual) {
        this.config = config;
        this.virtual = virtual;
        this.open = !virtual;
    }

    ListenerConfig config() {
        return config;
    }

    IpAddress address() {
        return config.endpoint().address();
    }

    boolean isVirtual() {
        return virtual;
    }

    boolean isOpen() {
        return open;
    }

    /** Moves the gate of a virtual address. */
    void setOpen(boolean open) {
        if (virtual) {
            this.open = open;
        }
    }
}
