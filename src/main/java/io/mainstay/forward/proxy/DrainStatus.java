// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A drain as it stands.
 *
 * @param atStart connections that were live when it started
 * @param live connections that are live now
 * @param remaining time until the rest is reset; zero once the deadline has passed
 * @param expected time until the last one will presumably be gone, see {@link io.mainstay.forward.DrainPlan#expectedToLast}
 * @param oldest age of the oldest one when somebody looked, a second ago at most; null if there is none, or nobody has looked
 *     yet
 * @param clientsMayReturn whether clients that the backend has may open new connections to it until the deadline, so that the
 *     drain lasts until then although there may be no connection at the moment
 */
public record DrainStatus(
        int atStart,
        int live,
        Duration remaining,
        Duration expected,
        @Nullable Duration oldest,
        boolean clientsMayReturn) {}
