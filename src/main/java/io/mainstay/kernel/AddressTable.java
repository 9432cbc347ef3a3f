// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import io.mainstay.net.VirtualAddress;
import java.util.Set;

/** The addresses on the host's interfaces. Used by the election thread alone. */
public interface AddressTable {

    /**
     * The addresses that stand on an interface now, of both families.
     *
     * @throws KernelException with {@link Errno#ENODEV} if there is no such interface
     */
    Set<VirtualAddress> list(InterfaceName interfaceName) throws KernelException;

    /**
     * Puts an address on an interface; one that stands there already is left alone and counts as added.
     *
     * @throws KernelException with {@link Errno#ENODEV} if there is no such interface, {@link Errno#EPERM} without
     *     CAP_NET_ADMIN
     */
    void add(InterfaceName interfaceName, VirtualAddress address) throws KernelException;

    /** Takes an address off an interface; one that is not there counts as removed, as it does without the interface. */
    void remove(InterfaceName interfaceName, VirtualAddress address) throws KernelException;

    /**
     * Takes an address off the interface of that number, whatever its name is by now; one that is not there counts as
     * removed, as it does without the interface.
     */
    void remove(int interfaceIndex, VirtualAddress address) throws KernelException;
}
