// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a service asks of the engine around it. Called under the lock of the service; must return at once. */
interface Surroundings {

    /**
     * The drain of a backend that was replaced or removed has begun.
     *
     * @param drain when it is over, {@link LiveService#forget} is to be called
     */
    void retirementBegun(LiveService service, LiveBackend backend, Drain drain);

    /** The service of that name, which may be one that is being emptied; null: there is none at the moment. */
    @Nullable
    LiveService find(String service);

    /** Resets every connection that a backend has. */
    void resetConnections(LiveBackend backend);

    /** Runs a task on the control thread after a while. */
    void runAfter(Duration delay, Runnable task);

    /** For a service that stands alone. */
    Surroundings NONE = new Surroundings() {
        @Override
        public void retirementBegun(LiveService service, LiveBackend backend, Drain drain) {}

        @Override
        public @Nullable LiveService find(String service) {
            return null;
        }

        @Override
        public void resetConnections(LiveBackend backend) {}

        @Override
        public void runAfter(Duration delay, Runnable task) {}
    };
}
