// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.forward.TrafficConfig;

/** A socket at which clients arrive, on one worker and used by its thread alone. */
interface ArrivalSocket {

    /** Takes clients from now on. */
    void start();

    /** Treats the clients that arrive from now on in another way. */
    void configure(TrafficConfig traffic);

    /** Takes those who have arrived so far, then closes. */
    void takeRestAndClose();

    /** Closes at once. */
    void close();
}
