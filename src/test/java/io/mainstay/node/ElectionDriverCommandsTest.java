// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What other threads ask of the driver. */
class ElectionDriverCommandsTest extends ElectionDriverBench {

    @Test
    void aHandOverIsAnsweredWhenAPeerTookOver() {
        ElectionDriver driver = activeDriver();
        CompletableFuture<HandOverResult> result = driver.handOver("web", Optional.empty());
        assertThat(kernel.wakes()).isEqualTo(1);
        driver.runOnce();
        assertThat(routerOf(driver, "web").handingOver()).isTrue();
        assertThat(result).isNotDone();
        kernel.advance(Duration.ofMillis(40));
        kernel.hear("eth0", "198.18.0.11", 51, 90);
        driver.runOnce();
        assertThat(result.join())
                .isEqualTo(new HandOverResult(
                        HandOverResult.Outcome.HANDED_OVER, Duration.ofMillis(40), "a peer took over as requested"));
        assertThat(kernel.addressesOf("eth0")).hasSize(1);
        runFor(driver, Duration.ofMillis(50));
        assertThat(kernel.addressesOf("eth0")).isEmpty();
        assertThat(routerOf(driver, "web").preemptionSuspended()).isTrue();
        assertThat(driver.resumePreemption("web")).isNotDone();
        driver.runOnce();
        assertThat(routerOf(driver, "web").preemptionSuspended()).isFalse();
    }

    @Test
    void aHandOverThatNobodyTakesIsRefused() {
        ElectionDriver driver = activeDriver();
        CompletableFuture<HandOverResult> first = driver.handOver("web", Optional.of(Duration.ofMillis(500)));
        CompletableFuture<HandOverResult> second = driver.handOver("web", Optional.of(Duration.ofHours(1)));
        runFor(driver, Duration.ofMillis(600));
        assertThat(first.join().outcome()).isEqualTo(HandOverResult.Outcome.REFUSED);
        assertThat(second.join().outcome()).isEqualTo(HandOverResult.Outcome.REFUSED);
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
        assertThat(kernel.takeDeeds()).doesNotContain("close services on 1");
    }

    @Test
    void aHandOverThatAFaultEndsIsInterrupted() {
        ElectionDriver driver = activeDriver();
        CompletableFuture<HandOverResult> result = driver.handOver("web", Optional.empty());
        driver.runOnce();
        kernel.unplug("eth0", true);
        driver.runOnce();
        assertThat(result.join().outcome()).isEqualTo(HandOverResult.Outcome.INTERRUPTED);
    }

    @Test
    void whatCannotBeHandedOverIsSaidSo() {
        kernel.plug("eth0", 2, "198.18.0.10");
        ElectionDriver driver = webDriver();
        CompletableFuture<HandOverResult> backup = driver.handOver("web", Optional.empty());
        CompletableFuture<HandOverResult> unknown = driver.handOver("nope", Optional.empty());
        driver.runOnce();
        assertThat(backup.join().outcome()).isEqualTo(HandOverResult.Outcome.NOT_ACTIVE);
        assertThat(unknown.join().outcome()).isEqualTo(HandOverResult.Outcome.UNKNOWN_ROUTER);
    }

    @Test
    void tooManyAreNotAccepted() {
        ElectionDriver driver = activeDriver();
        for (int i = 0; i < ElectionCommands.MOST_WAITING; i++) {
            assertThat(driver.handOver("nope", Optional.empty())).isNotDone();
        }
        assertThat(driver.handOver("web", Optional.empty()).join().outcome())
                .isEqualTo(HandOverResult.Outcome.NOT_ACCEPTED);
        assertThat(driver.resumePreemption("web").join()).isFalse();
        assertThat(driver.stop(Optional.empty())).isCompletedExceptionally();
        driver.runOnce();
        assertThat(driver.resumePreemption("web")).isNotDone();
    }

    @Test
    void stoppingHandsOverFirst() {
        ElectionDriver driver = activeDriver();
        CompletableFuture<Void> stopped = driver.stop(Optional.empty());
        driver.runOnce();
        assertThat(kernel.takeDeeds()).containsExactly("send eth0 vrid 51 priority 0");
        kernel.hear("eth0", "198.18.0.11", 51, 90);
        runFor(driver, Duration.ofMillis(100));
        assertThat(transitions)
                .containsExactly(
                        "web ACTIVE ACTIVE hand-over-started",
                        "web ACTIVE BACKUP handed-over",
                        "web BACKUP INITIALIZE shutdown");
        assertThat(kernel.takeDeeds()).containsExactly("close services on 1", "remove eth0 198.18.0.200/24");
        assertThat(stopped).isCompleted();
        assertThat(driver.isEnded()).isTrue();
        assertThat(kernel.isClosed()).isTrue();
        assertThat(kernel.isOpen("eth0")).isFalse();
    }

    @Test
    void stoppingAloneGivesUpWhenNobodyTookOver() {
        ElectionDriver driver = activeDriver();
        CompletableFuture<Void> stopped = driver.stop(Optional.of(Duration.ofMillis(300)));
        runFor(driver, Duration.ofMillis(301));
        assertThat(stopped).isCompleted();
        assertThat(transitions)
                .containsExactly(
                        "web ACTIVE ACTIVE hand-over-started",
                        "web ACTIVE ACTIVE hand-over-refused",
                        "web ACTIVE INITIALIZE shutdown");
        assertThat(kernel.addressesOf("eth0")).isEmpty();
    }

    @Test
    void stoppingWithoutHandOverSaysFarewellAtOnce() {
        ElectionDriver driver = activeDriver();
        CompletableFuture<Void> stopped = driver.stop(Optional.of(Duration.ZERO));
        runFor(driver, Duration.ZERO);
        assertThat(kernel.takeDeeds())
                .containsExactly("send eth0 vrid 51 priority 0", "close services on 1", "remove eth0 198.18.0.200/24");
        assertThat(stopped).isCompleted();
    }

    @Test
    void stoppingDoesNotWaitForeverForAnAddressThatCannotBeRemoved() {
        ElectionDriver driver = activeDriver();
        kernel.failing.add("remove");
        CompletableFuture<Void> stopped = driver.stop(Optional.of(Duration.ZERO));
        runFor(driver, Duration.ofSeconds(1));
        assertThat(stopped).isNotDone();
        runFor(driver, Duration.ofSeconds(2));
        assertThat(stopped).isCompleted();
    }

    @Test
    void aStoppingNodeIsNotStartedByItsLink() {
        ElectionDriver driver = activeDriver();
        kernel.failing.add("remove");
        CompletableFuture<Void> stopped = driver.stop(Optional.of(Duration.ZERO));
        driver.runOnce();
        kernel.plug("eth0", 2, "198.18.0.10");
        driver.runOnce();
        assertThat(transitions).containsExactly("web ACTIVE INITIALIZE shutdown");
        assertThat(stopped).isNotDone();
    }

    @Test
    void afterTheEndNothingIsAccepted() {
        ElectionDriver driver = activeDriver();
        CompletableFuture<Void> stopped = driver.stop(Optional.of(Duration.ZERO));
        runFor(driver, Duration.ZERO);
        assertThat(stopped).isCompleted();
        int wakes = kernel.wakes();
        assertThat(driver.handOver("web", Optional.empty()).join().outcome())
                .isEqualTo(HandOverResult.Outcome.NOT_ACCEPTED);
        assertThat(driver.stop(Optional.empty())).isCompleted();
        assertThat(kernel.wakes()).isEqualTo(wakes);
    }
}
