// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import java.time.Duration;
import java.util.Optional;

/**
 * How the backend of a new connection is chosen.
 *
 * @param balance the rule among those that may be chosen
 * @param hash what decides where the rule is by hash
 * @param panic who may be chosen when too few backends are healthy
 * @param slowStart how long the share of a backend grows after it has failed or was out; zero: it has its full share at once
 * @param persistence how a client keeps its backend; empty: it does not
 */
public record SelectionConfig(
        Balance balance,
        HashConfig hash,
        PanicConfig panic,
        Duration slowStart,
        Optional<PersistenceConfig> persistence) {

    /** A rule with everything else by default. */
    public static SelectionConfig of(Balance balance) {
        return new SelectionConfig(balance, HashConfig.DEFAULT, PanicConfig.DEFAULT, Duration.ZERO, Optional.empty());
    }

    public SelectionConfig withHash(HashConfig newHash) {
        return new SelectionConfig(balance, newHash, panic, slowStart, persistence);
    }

    public SelectionConfig withPanic(PanicConfig newPanic) {
        return new SelectionConfig(balance, hash, newPanic, slowStart, persistence);
    }

    public SelectionConfig withSlowStart(Duration newSlowStart) {
        return new SelectionConfig(balance, hash, panic, newSlowStart, persistence);
    }

    public SelectionConfig withPersistence(PersistenceConfig newPersistence) {
        return new SelectionConfig(balance, hash, panic, slowStart, Optional.of(newPersistence));
    }
}
