// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

/** How an acquisition went. */
public sealed interface TakeoverOutcome {

    /** Every address is held and announced, and the services are open. */
    record AddressesHeld() implements TakeoverOutcome {}

    /**
     * An address could not be taken; those taken before it are being given up again.
     *
     * @param cause the failed operation and its reason
     */
    record AddressesUnavailable(String cause) implements TakeoverOutcome {}
}
