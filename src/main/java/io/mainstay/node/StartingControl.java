// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.MainstayConfig;
import io.mainstay.control.BackendChangeOutcome;
import io.mainstay.control.BackendChangeRequest;
import io.mainstay.control.BackendCheckOutcome;
import io.mainstay.control.ControlHandler;
import io.mainstay.control.ControlRefusal;
import io.mainstay.control.FlowExplanation;
import io.mainstay.control.FlowExplanationRequest;
import io.mainstay.control.NodeDrainOutcome;
import io.mainstay.control.NodeDrainRequest;
import io.mainstay.control.PersistenceClearRequest;
import io.mainstay.control.PersistenceList;
import io.mainstay.control.ReloadOutcome;
import io.mainstay.control.ServiceChangeOutcome;
import io.mainstay.control.ServiceChangeRequest;
import io.mainstay.control.SwitchoverOutcome;
import io.mainstay.control.SwitchoverRequest;
import io.mainstay.observe.StatusSnapshot;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Holds the control socket from the first moment, so that a second daemon finds it taken, and refuses requests until the
 * node is there to carry them out. May be called by several threads.
 */
final class StartingControl implements ControlHandler {

    private volatile @Nullable ControlHandler node;

    /** From now on requests are carried out. */
    void started(ControlHandler handler) {
        node = handler;
    }

    private ControlHandler node() {
        ControlHandler handler = node;
        if (handler == null) {
            throw new ControlRefusal(
                    ControlRefusal.Reason.UNAVAILABLE, "the daemon is starting, try again in a moment");
        }
        return handler;
    }

    @Override
    public StatusSnapshot status() {
        return node().status();
    }

    @Override
    public MainstayConfig config() {
        return node().config();
    }

    @Override
    public ReloadOutcome reload() {
        return node().reload();
    }

    @Override
    public CompletionStage<List<SwitchoverOutcome>> switchover(SwitchoverRequest request) {
        return node().switchover(request);
    }

    @Override
    public CompletionStage<ServiceChangeOutcome> changeService(ServiceChangeRequest request) {
        return node().changeService(request);
    }

    @Override
    public CompletionStage<NodeDrainOutcome> drainNode(NodeDrainRequest request) {
        return node().drainNode(request);
    }

    @Override
    public CompletionStage<NodeDrainOutcome> readyNode() {
        return node().readyNode();
    }

    @Override
    public CompletionStage<BackendCheckOutcome> checkBackend(String service, String backend) {
        return node().checkBackend(service, backend);
    }

    @Override
    public CompletionStage<FlowExplanation> explainFlow(FlowExplanationRequest request) {
        return node().explainFlow(request);
    }

    @Override
    public PersistenceList persistence(String service, int most) {
        return node().persistence(service, most);
    }

    @Override
    public long clearPersistence(PersistenceClearRequest request) {
        return node().clearPersistence(request);
    }

    @Override
    public CompletionStage<BackendChangeOutcome> changeBackend(BackendChangeRequest request) {
        return node().changeBackend(request);
    }
}
