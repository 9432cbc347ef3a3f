// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

/** Which engine is to forward a service. */
public enum EngineChoice {
    /** The fastest engine that has everything the service asks for. */
    AUTO,
    /** The relay in user space. */
    PROXY
}
