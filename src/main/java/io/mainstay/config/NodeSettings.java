// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

/**
 * Who this node is.
 *
 * @param name how people call it; the host name unless configured
 */
public record NodeSettings(String name) {}
