// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

/** A socket at which clients arrive, on one worker and used by its thread alone. */
interface ArrivalSocket {

    /** Takes clients from now on. */
    void start();

    /** Takes those who have arrived so far, then closes. */
    void takeRestAndClose();

    /** Closes at once. */
    void close();
}
