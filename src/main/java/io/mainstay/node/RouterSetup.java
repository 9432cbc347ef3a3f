// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.takeover.AnnounceConfig;

/** What the election driver needs to run one virtual router. */
public record RouterSetup(VirtualRouterConfig config, AnnounceConfig announce) {}
