// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import java.util.Optional;

/** How the backends of services are. May be asked by any thread; never waits. */
@FunctionalInterface
public interface ServicePools {

    /**
     * How a service is, or empty until its backends were checked, and while there is no such service, as there may be none
     * for a moment when the configuration changes.
     */
    Optional<Pool> pool(String service);

    /**
     * The backends of a service.
     *
     * @param healthy how many are healthy
     * @param needed how many have to be
     */
    record Pool(int healthy, int needed) {}
}
