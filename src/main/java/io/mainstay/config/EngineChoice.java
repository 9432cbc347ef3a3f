// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

/** Which engine is to forward a service. */
public enum EngineChoice {
    /** The data path in the kernel where nobody would notice a difference but by the speed; else the relay in user space. */
    AUTO,
    /** The relay in user space. */
    PROXY,
    /** The data path in the kernel, or the relay where the service asks for what that lacks. */
    KERNEL
}
