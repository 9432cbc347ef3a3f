// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import java.util.function.Consumer;

/**
 * All sockets that are open on an interface for VRRP: one more for IPv6 advertisements finds its place here. Used by one
 * thread.
 */
final class OpenInterface implements AdvertisementSocket {

    private final RawAdvertisementSocket advertisements;
    private final ArpListener claims;
    private final Consumer<OpenInterface> whenClosed;

    OpenInterface(RawAdvertisementSocket advertisements, ArpListener claims, Consumer<OpenInterface> whenClosed) {
        this.advertisements = advertisements;
        this.claims = claims;
        this.whenClosed = whenClosed;
    }

    RawAdvertisementSocket advertisements() {
        return advertisements;
    }

    ArpListener claims() {
        return claims;
    }

    @Override
    public void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException {
        advertisements.send(source, destination, message);
    }

    @Override
    public void close() {
        if (!advertisements.isClosed()) {
            advertisements.close();
            claims.close();
            whenClosed.accept(this);
        }
    }
}
