// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.config.MainstayConfig;
import io.mainstay.observe.StatusSnapshot;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What the control server asks of the daemon; implemented by the composition root.
 *
 * <p>Every method may be called by several threads at once, never by an event loop: it may block for a moment, such as for
 * a task that it hands to the election's thread. A stage may be completed by any thread. A {@link ControlRefusal}, thrown or
 * given to a stage, is the answer to the operator; any other throwable is an internal error, which is logged and answered
 * as such.
 */
public interface ControlHandler {

    StatusSnapshot status();

    /** The configuration in force. */
    MainstayConfig config();

    /** Takes the configuration file over as a whole, or refuses it as a whole. */
    ReloadOutcome reload();

    /**
     * Hands virtual routers that are Active here over to another node.
     *
     * @return one outcome for each virtual router that was asked to move. With {@code untilDone} the stage completes when each
     *     has moved or failed to within the timeout; without, as soon as all have started
     */
    CompletionStage<List<SwitchoverOutcome>> switchover(SwitchoverRequest request);

    /**
     * Drains a backend, takes it out for maintenance, or puts it back.
     *
     * @return the backend's state: with {@code untilDone} once no connection is left or the deadline has passed, otherwise at
     *     once
     */
    CompletionStage<BackendChangeOutcome> changeBackend(BackendChangeRequest request);

    /**
     * Drains all backends of a service, takes them out for maintenance, or puts them back.
     *
     * @return the state of the service: with {@code untilDone} once no connection is left or the deadline has passed,
     *     otherwise at once
     */
    CompletionStage<ServiceChangeOutcome> changeService(ServiceChangeRequest request);

    /**
     * Hands every virtual router that is Active here over, and then drains the services that listen on no virtual address.
     * The others stay as they are, so that the node can serve if it has to take over again.
     *
     * @return what became of it: with {@code untilDone} once no connection is left, otherwise as soon as the drains have begun
     */
    CompletionStage<NodeDrainOutcome> drainNode(NodeDrainRequest request);

    /** Puts the services back that {@link #drainNode} drains. */
    CompletionStage<NodeDrainOutcome> readyNode();

    /**
     * Runs every check of a backend once, for somebody who wants to look; nothing else comes of it.
     *
     * @return what they have found, when the last one is over
     */
    CompletionStage<BackendCheckOutcome> checkBackend(String service, String backend);

    /**
     * Tells what would become of a flow; nothing comes of it.
     *
     * @return the answer, refused as unavailable where the data path of the kernel engine cannot be asked
     */
    CompletionStage<FlowExplanation> explainFlow(FlowExplanationRequest request);

    /**
     * The clients of a service that keep their backends.
     *
     * @param most how many of them are to be listed
     */
    PersistenceList persistence(String service, int most);

    /** Forgets clients that keep their backends; how many. */
    long clearPersistence(PersistenceClearRequest request);
}
