// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;

/**
 * Another router, as its last advertisement showed it.
 *
 * @param address its primary address, the source of the advertisement
 * @param priority the priority it advertised
 */
public record PeerRouter(IpAddress address, Priority priority) {}
