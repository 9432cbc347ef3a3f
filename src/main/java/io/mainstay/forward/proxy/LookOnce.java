// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.health.probe.ProbeOutcome;
import io.mainstay.net.InterfaceName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Gathers the outcomes of checks that were asked for once. Used on the control thread of the engine. */
final class LookOnce {

    private final List<String> names = new ArrayList<>();
    private final List<@Nullable ProbeOutcome> outcomes = new ArrayList<>();
    private final CompletableFuture<List<CheckRun>> result;
    private final long startNanos = System.nanoTime();
    private ProbeOutcome.Step route = new ProbeOutcome.Step("route", "not looked up", Duration.ZERO);

    /** @param result completed when the last outcome has come */
    LookOnce(CompletableFuture<List<CheckRun>> result) {
        this.result = result;
    }

    /** The interface by which the checks go; empty: there is none. */
    void route(Optional<InterfaceName> path) {
        long now = System.nanoTime();
        route = new ProbeOutcome.Step(
                "route", path.map(name -> "through " + name).orElse("none"), Duration.ofNanos(now - startNanos));
    }

    /** One check more; what is to be done with its outcome. */
    Consumer<ProbeOutcome> expect(String name) {
        int index = names.size();
        names.add(name);
        outcomes.add(null);
        return outcome -> {
            outcomes.set(index, outcome);
            completeIfAllAreThere();
        };
    }

    private void completeIfAllAreThere() {
        List<CheckRun> runs = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            ProbeOutcome outcome = outcomes.get(i);
            if (outcome == null) {
                return;
            }
            List<ProbeOutcome.Step> steps = new ArrayList<>(List.of(route));
            steps.addAll(outcome.steps());
            runs.add(new CheckRun(names.get(i), new ProbeOutcome(outcome.finding(), steps, outcome.duration())));
        }
        result.complete(List.copyOf(runs));
    }
}
