// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

/** Where the kernel engine forwards by XDP what it can. */
public enum XdpChoice {
    /** All is left to tc. */
    NEVER,
    /** On network cards whose driver runs it, as far as they are no part of something else. */
    AUTO,
    /** Wherever a driver runs it. */
    NATIVE
}
