// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

/**
 * What keeps a virtual router from taking part.
 *
 * @param reason one of the reasons that are a fault
 * @param detail what exactly, for people: the interface, the failed operation and its errno
 */
public record FaultCause(TransitionReason reason, String detail) {

    public FaultCause {
        if (!reason.isFault()) {
            throw new IllegalArgumentException("fault reason: " + reason.label() + " (expected: one that is a fault)");
        }
    }
}
