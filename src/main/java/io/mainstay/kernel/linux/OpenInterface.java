// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.ClaimSocket;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.MacAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** All sockets that are open on an interface for VRRP, or for claims alone. Used by one thread. */
final class OpenInterface implements AdvertisementSocket, ClaimSocket {

    private final LinkMessage link;
    private final Consumer<OpenInterface> whenClosed;
    private final Map<IpFamily, RawAdvertisementSocket> advertisements = new EnumMap<>(IpFamily.class);
    private final List<ClaimListener> claims = new ArrayList<>();
    private boolean closed;

    private OpenInterface(LinkMessage link, Consumer<OpenInterface> whenClosed) {
        this.link = link;
        this.whenClosed = whenClosed;
    }

    /** @param isOurs tells the MAC addresses of this host */
    static OpenInterface open(
            LinkMessage link, Set<IpFamily> families, Predicate<MacAddress> isOurs, Consumer<OpenInterface> whenClosed)
            throws KernelException {
        OpenInterface opened = new OpenInterface(link, whenClosed);
        try {
            // First, as they need more: so whoever lacks the rights is told of all of them at once.
            for (IpFamily family : families) {
                opened.advertisements.put(family, RawAdvertisementSocket.open(link, family));
            }
            opened.openClaims(families, isOurs);
            return opened;
        } catch (KernelException e) {
            opened.closeSockets();
            throw e;
        }
    }

    /** For claims alone, otherwise as {@link #open}. */
    static OpenInterface listen(
            LinkMessage link, Set<IpFamily> families, Predicate<MacAddress> isOurs, Consumer<OpenInterface> whenClosed)
            throws KernelException {
        OpenInterface opened = new OpenInterface(link, whenClosed);
        try {
            opened.openClaims(families, isOurs);
            return opened;
        } catch (KernelException e) {
            opened.closeSockets();
            throw e;
        }
    }

    private void openClaims(Set<IpFamily> families, Predicate<MacAddress> isOurs) throws KernelException {
        for (IpFamily family : families) {
            claims.add(ClaimListener.open(link, family, isOurs));
        }
    }

    /** All that events may come from. */
    List<PollSource> sources() {
        return Stream.<PollSource>concat(advertisements.values().stream(), claims.stream())
                .toList();
    }

    @Override
    public void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException {
        RawAdvertisementSocket socket = advertisements.get(source.family());
        if (socket == null) {
            throw new KernelException(
                    "send VRRP over " + source.family() + " on " + link.name(), Errno.EAFNOSUPPORT.number());
        }
        socket.send(source, destination, message);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            closeSockets();
            whenClosed.accept(this);
        }
    }

    private void closeSockets() {
        advertisements.values().forEach(RawAdvertisementSocket::close);
        claims.forEach(ClaimListener::close);
    }
}
