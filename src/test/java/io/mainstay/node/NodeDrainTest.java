// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.control.BackendChangeRequest.Change;
import io.mainstay.control.FakeControlHandler;
import io.mainstay.control.NodeDrainOutcome;
import io.mainstay.control.NodeDrainRequest;
import io.mainstay.control.ServiceChangeOutcome;
import io.mainstay.control.ServiceChangeRequest;
import io.mainstay.control.SwitchoverOutcome;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class NodeDrainTest {

    private static final Optional<Duration> MINUTE = Optional.of(Duration.ofMinutes(1));

    private final FakeControlHandler parts = new FakeControlHandler();
    private final NodeDrain node = new NodeDrain(parts);

    NodeDrainTest() {
        parts.yaml = FakeControlHandler.CONFIG + """
              - {name: admin, listen: "10.0.0.1:8443", backends: [{address: "10.0.0.11:8443"}]}
              - {name: both, listen: ["10.0.0.1:80", "198.51.100.10:80"], backends: [{address: "10.0.0.11:80"}]}
              - {name: all, listen: "0.0.0.0:81", backends: [{address: "10.0.0.11:81"}]}
            """;
    }

    private NodeDrainOutcome drain(boolean untilDone, boolean anyActive) {
        return node.drain(new NodeDrainRequest(MINUTE, untilDone), anyActive)
                .toCompletableFuture()
                .join();
    }

    @Test
    void servicesOnAddressesThatDoNotMoveAreDrainedAfterTheHandOver() {
        CompletableFuture<List<SwitchoverOutcome>> handedOver = new CompletableFuture<>();
        parts.switchover = request -> handedOver;
        CompletableFuture<NodeDrainOutcome> done =
                node.drain(new NodeDrainRequest(MINUTE, true), true).toCompletableFuture();
        assertThat(parts.switchovers.remove().untilDone()).isTrue();
        assertThat(parts.serviceChanges)
                .as("not before another node has the addresses")
                .isEmpty();
        SwitchoverOutcome moved = new SwitchoverOutcome(
                "web", SwitchoverOutcome.Result.HANDED_OVER, "198.51.100.2", Duration.ofMillis(5), "");
        handedOver.complete(List.of(moved));
        assertThat(parts.serviceChanges)
                .containsExactly(
                        new ServiceChangeRequest("admin", Change.DRAIN, MINUTE, true),
                        new ServiceChangeRequest("all", Change.DRAIN, MINUTE, true));
        assertThat(done.join().finished()).isTrue();
        assertThat(done.join().virtualRouters()).containsExactly(moved);
        assertThat(done.join().services())
                .extracting(ServiceChangeOutcome::service)
                .containsExactly("admin", "all");
    }

    @Test
    void nothingIsDrainedIfNobodyTakesOver() {
        parts.switchover = request -> CompletableFuture.completedStage(List.of(
                new SwitchoverOutcome("web", SwitchoverOutcome.Result.FAILED, null, Duration.ofSeconds(30), "alone")));
        NodeDrainOutcome outcome = drain(true, true);
        assertThat(outcome.handedOver()).isFalse();
        assertThat(outcome.finished()).isFalse();
        assertThat(parts.serviceChanges).isEmpty();
    }

    @Test
    void aNodeThatIsNotActiveHasNothingToHandOver() {
        NodeDrainOutcome outcome = drain(false, false);
        assertThat(parts.switchovers).isEmpty();
        assertThat(parts.serviceChanges).hasSize(2);
        assertThat(outcome.finished()).as("connections are left").isFalse();
    }

    @Test
    void whatWasDrainedIsPutBack() {
        node.ready().toCompletableFuture().join();
        assertThat(parts.serviceChanges)
                .containsExactly(
                        new ServiceChangeRequest("admin", Change.READY, Optional.empty(), false),
                        new ServiceChangeRequest("all", Change.READY, Optional.empty(), false));
        assertThat(parts.switchovers).isEmpty();
    }
}
