// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.takeover.AnnounceConfig;

/**
 * One virtual router, with the way its takeover is announced.
 *
 * @param router what the election needs to know
 * @param announce how a takeover is announced
 */
public record VirtualRouterSettings(VirtualRouterConfig router, AnnounceConfig announce) {}
