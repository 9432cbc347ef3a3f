// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.VirtualAddress;
import java.util.List;
import java.util.Optional;

/**
 * Makes the interfaces that bear the MAC addresses of virtual routers, and speaks with these. Used by the election thread
 * alone.
 *
 * <p>While one is down the host neither answers to its MAC address nor sends with it, so that no switch looks for it here: a
 * Backup keeps it down.
 */
public interface VirtualInterfaces {

    /**
     * An interface as it stands.
     *
     * @param index the kernel's number of it
     * @param up administratively up
     */
    record State(int index, boolean up) {}

    /** The interface as it stands; empty if there is none that was made for this parent and MAC address. */
    Optional<State> find(VirtualInterface wanted) throws KernelException;

    /**
     * Makes the interface anew, down and without addresses, with all settings that it and its parent need; one that was made
     * before, by this process or an earlier one, gives way.
     *
     * @throws KernelException with {@link Errno#EEXIST} if an interface of that name is somebody else's, {@link Errno#EBUSY}
     *     if the parent cannot bear another
     */
    State make(VirtualInterface wanted) throws KernelException;

    /** Sets the interface up or down; going down where there is none counts as done. */
    void setUp(VirtualInterface wanted, boolean up) throws KernelException;

    /** Removes the interface with its addresses, if it is there, and gives its parent the settings back that it had. */
    void remove(VirtualInterface wanted) throws KernelException;

    /**
     * Removes all that earlier processes made and left behind, and gives the parents their settings back.
     *
     * @return what was removed
     */
    List<InterfaceName> removeLeftovers() throws KernelException;

    /** Puts an address on the interface; the route to its subnet is one of last resort, so that the parent's stay in use. */
    void add(VirtualInterface wanted, VirtualAddress address) throws KernelException;

    /** As {@link NeighbourAnnouncer#announce}, with the virtual MAC address as that of the sender in frame and message. */
    void announce(VirtualInterface wanted, IpAddress address) throws KernelException;

    /**
     * Sends a VRRP message to its group with the virtual MAC address as the source of the frame.
     *
     * @param advertisement the message, to a multicast group
     */
    void advertise(VirtualInterface wanted, IpDatagram advertisement) throws KernelException;
}
