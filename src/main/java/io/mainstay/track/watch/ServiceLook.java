// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.track.Observation;
import io.mainstay.track.TrackerConfig.ServiceTracker;

/** Whether a service has enough healthy backends. */
final class ServiceLook implements Look {

    private final ServiceTracker tracker;
    private final ServicePools pools;

    ServiceLook(ServiceTracker tracker, ServicePools pools) {
        this.tracker = tracker;
        this.pools = pools;
    }

    @Override
    public Observation look() {
        return pools.pool(tracker.name())
                .map(ServiceLook::observation)
                .orElseGet(() -> new Observation.Unclear("its backends were not checked yet"));
    }

    private static Observation observation(ServicePools.Pool pool) {
        String detail = pool.healthy() + " backends are healthy, " + pool.needed() + " are needed";
        return pool.healthy() >= pool.needed() ? new Observation.Good(detail) : new Observation.Bad(detail);
    }
}
