// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * What an engine has to know of a backend whose states another engine keeps.
 *
 * @param weight its configured share
 * @param serving whether new flows go to it
 * @param failing whether its checks have found it unfit, so that nothing but live connections is left with it; unlike one that is
 *     drained, or of which nothing is known yet
 * @param resetting whether live flows are to be reset, as its drain has come to the deadline or it is found down and gets none
 * @param version changes with every wish of the operator; see {@link OffloadedFlows}
 */
public record BackendView(
        BackendKey key, int weight, boolean serving, boolean failing, boolean resetting, int version) {}
