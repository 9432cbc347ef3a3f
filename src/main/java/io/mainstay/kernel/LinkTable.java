// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.InterfaceName;
import java.util.Optional;

/** The interfaces of the host. Used by the election thread alone. */
public interface LinkTable {

    /** The state of an interface now, or empty if there is none of that name. */
    Optional<LinkState> find(InterfaceName interfaceName) throws KernelException;
}
