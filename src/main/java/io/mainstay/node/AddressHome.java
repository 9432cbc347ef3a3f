// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.GuardedRouter.GuardedInterface;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;
import java.util.List;

/**
 * Where the addresses of a virtual router stand, and with which MAC address it speaks: on the interface on which it advertises,
 * with that one's MAC address, or on interfaces of its own. Belongs to the election thread.
 */
interface AddressHome {

    /** Makes ready what is not, while the interface can be used; costs little when it is. */
    void prepare() throws KernelException;

    /** The interfaces that it makes for itself. */
    List<InterfaceName> ownInterfaces();

    /** Whether the addresses stand on the interface of that name. */
    boolean isOn(InterfaceName interfaceName);

    void add(VirtualAddress address) throws KernelException;

    /** From wherever it may stand. */
    void remove(VirtualAddress address) throws KernelException;

    void announce(IpAddress address) throws KernelException;

    void probe(IpAddress address) throws KernelException;

    void send(IpAddress source, IpAddress destination, byte[] message) throws KernelException;

    /** For the guard: the interfaces that hold the addresses, if they are others than the one that advertises. */
    List<GuardedInterface> guarded();

    /** Takes back what {@link #prepare} made. */
    void leave() throws KernelException;
}
