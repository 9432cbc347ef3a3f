// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.List;

/**
 * A chain through which the kernel sends packets by itself.
 *
 * @param name where it stands, for people
 * @param rules in their order
 * @param drops whether its policy is to drop
 */
record FirewallChain(String name, List<FirewallRule> rules, boolean drops) {}
