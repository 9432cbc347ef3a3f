// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

/** Which engine is to forward a service. */
public enum EngineChoice {
    /** The one that suits most services: the relay in user space, until the kernel engine has been used for longer. */
    AUTO,
    /** The relay in user space. */
    PROXY,
    /** The data path in the kernel, or the relay where the service asks for what that lacks. */
    KERNEL
}
