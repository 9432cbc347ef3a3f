// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;

/**
 * An address on which clients arrive, with its gate and the service behind it. Safe for use by several threads.
 *
 * <p>It outlives a change of the configuration that gives the address to another service: then only the service changes.
 */
final class LiveListener {

    private final Endpoint endpoint;
    private final boolean virtual;
    private volatile boolean open;
    private volatile int portOffset;
    private volatile LiveService service;

    /**
     * @param virtual whether the address moves between nodes: if so it has a gate, else it is always open
     * @param open where the gate stands
     * @param service who serves the clients
     * @param portOffset which port of a range of the service it is, from 0
     */
    LiveListener(Endpoint endpoint, boolean virtual, boolean open, LiveService service, int portOffset) {
        this.endpoint = endpoint;
        this.portOffset = portOffset;
        this.virtual = virtual;
        this.open = open || !virtual;
        this.service = service;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** How far behind a backend's port its clients are taken. */
    int portOffset() {
        return portOffset;
    }

    IpAddress address() {
        return endpoint.address();
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

    /** Gives the clients that arrive from now on to this service. */
    void serveFor(LiveService newService, int newPortOffset) {
        portOffset = newPortOffset;
        service = newService;
    }
}
