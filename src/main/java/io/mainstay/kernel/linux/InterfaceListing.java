// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelException;
import java.util.List;

/** All interfaces of the network namespace, and all of their addresses, as they are now. Used by one thread. */
interface InterfaceListing {

    List<LinkMessage> all() throws KernelException;

    List<AddressMessage> allAddresses() throws KernelException;
}
