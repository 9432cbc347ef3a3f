// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.ListenerConfig;
import io.mainstay.net.IpAddress;

/**
 * An address on which clients arrive, with its gate and the service behind it. Safe for use by several threads.
 *
 * <p>It outlives a change of the configuration that gives the address to another service: then only the service changes.
 */
final class LiveListener {

    private final ListenerConfig config;
    private final boolean virtual;
    private volatile boolean open;
    private volatile LiveService service;

    /**
     * @param virtual whether the address moves between nodes: if so it has a gate, else it is always open
     * @param open where the gate stands
     */
    LiveListener(ListenerConfig config, boolean virtual, boolean open, LiveService service) {
        this.config = config;
        this.virtual = virtual;
        this.open = open || !virtual;
        this.service = service;
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

    /** Who serves the clients that arrive now. */
    LiveService service() {
        return service;
    }

    void setService(LiveService newService) {
        service = newService;
    }
}
