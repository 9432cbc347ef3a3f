// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import java.util.List;

/**
 * What became of a request to make this node dispensable, or to put it back.
 *
 * @param virtualRouters those that were Active here; if one could not be handed over, nothing was drained
 * @param services those that are drained or put back
 */
public record NodeDrainOutcome(List<SwitchoverOutcome> virtualRouters, List<ServiceChangeOutcome> services) {

    public NodeDrainOutcome {
        virtualRouters = List.copyOf(virtualRouters);
        services = List.copyOf(services);
    }

    /** Whether every virtual router is with another node. */
    public boolean handedOver() {
        return virtualRouters.stream().noneMatch(router -> router.result() == SwitchoverOutcome.Result.FAILED);
    }

    /** Whether nothing is left to do. */
    public boolean finished() {
        return handedOver() && services.stream().allMatch(ServiceChangeOutcome::finished);
    }
}
