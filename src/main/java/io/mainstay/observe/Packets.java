// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

/**
 * What the kernel engine has forwarded since the daemon started.
 *
 * @param in packets from clients
 * @param out packets to clients
 */
public record Packets(long in, long out) {}
