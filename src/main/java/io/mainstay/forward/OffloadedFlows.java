// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/**
 * The flows of a backend that another engine forwards.
 *
 * @param live how many there are now
 * @param reset how many were reset since the last report
 * @param total how many there have been
 * @param packetsIn from clients
 * @param octetsIn in these, with their IP headers
 * @param packetsOut to clients
 * @param octetsOut in these
 * @param asOf the version of the {@link BackendView} that was in force all the while that the live flows were counted
 */
public record OffloadedFlows(
        int live, int reset, long total, long packetsIn, long octetsIn, long packetsOut, long octetsOut, int asOf) {}
