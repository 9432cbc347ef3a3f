// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

/** What the operator wants of the kernel engine for a service. */
public enum EngineWish {
    /** Nothing: the proxy engine forwards it. */
    PROXY,
    /** To forward it where nobody would notice a difference, except by the speed. */
    AUTO,
    /** To forward it if it can. */
    KERNEL
}
