// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

/**
 * Which engine forwards a service.
 *
 * @param kernel whether the data path in the kernel does; else the proxy engine
 * @param reason why, for people, without a full stop
 */
public record EngineDecision(boolean kernel, String reason) {}
