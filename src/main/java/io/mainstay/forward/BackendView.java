// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * What an engine has to know of a backend whose states another engine keeps.
 *
 * @param weight its configured share
 * @param serving whether new flows go to it
 * @param resetting whether live flows are to be reset, as its drain has come to the deadline or it is found down
 * @param version changes with every wish of the operator; see {@link OffloadedFlows}
 */
public record BackendView(BackendKey key, int weight, boolean serving, boolean resetting, int version) {}
