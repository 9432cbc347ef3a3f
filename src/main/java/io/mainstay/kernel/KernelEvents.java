// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpFamily;
import io.mainstay.time.MonotonicInstant;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The one place where a thread waits, foremost that of the election. All methods but {@link #wake} belong to that thread.
 *
 * <p>Events of links and addresses come for every interface of the host, open or not; datagrams and claims for open ones.
 */
public interface KernelEvents extends AutoCloseable {

    /**
     * Opens the interface for VRRP over some families: from now on its datagrams, and claims of addresses, are delivered.
     * Closing the socket ends that. When the interface is deleted the socket stays open but is of no use; a successor of the same name, told by
     * {@link KernelEvent.LinkChanged} and by another {@link LinkState#index}, has to be opened anew.
     *
     * @throws KernelException with {@link Errno#ENODEV} if there is no such interface, {@link Errno#EPERM} without
     *     CAP_NET_RAW
     */
    AdvertisementSocket open(InterfaceName interfaceName, Set<IpFamily> families) throws KernelException;

    /**
     * Opens the interface for claims of addresses of some families alone; otherwise as {@link #open}.
     *
     * @throws KernelException as {@link #open}
     */
    ClaimSocket listen(InterfaceName interfaceName, Set<IpFamily> families) throws KernelException;

    /**
     * Waits for an event, a {@link #wake} or the deadline, whichever comes first, and hands over the events that are there,
     * a bounded number at a time. May return early without any.
     *
     * @param deadline empty: no deadline; already reached: looks without waiting
     */
    void await(Optional<MonotonicInstant> deadline, Consumer<KernelEvent> sink) throws KernelException;

    /** Makes the waiting thread return from {@link #await} soon. Callable from every thread. */
    void wake();

    @Override
    void close();
}
