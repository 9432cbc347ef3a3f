// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

/** Where packets of established flows are to be forwarded by XDP, before there is any work for tc. */
public enum XdpWish {
    NEVER,
    /** On network cards whose driver runs it. */
    AUTO,
    /** Wherever a driver runs it. */
    NATIVE
}
