// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.control.FlowExplanation;
import io.mainstay.control.FlowExplanationRequest;
import io.mainstay.forward.kernel.FlowStory;
import java.util.List;
import java.util.Map;

/** What the data path answered about a flow, as the control socket tells it. */
final class KernelFlows {

    private KernelFlows() {}

    static FlowExplanation explain(FlowExplanationRequest request, FlowStory story) {
        return new FlowExplanation(
                request.source(),
                request.listener(),
                story.service(),
                "kernel",
                story.mode(),
                story.active(),
                story.served(),
                story.verdict(),
                story.reason(),
                story.known(),
                story.backend(),
                story.leavesAs(),
                story.via(),
                story.spread(),
                story.sentences());
    }

    /** No service of either engine is asked for. */
    static FlowExplanation nobody(FlowExplanationRequest request) {
        return new FlowExplanation(
                request.source(),
                request.listener(),
                "",
                "",
                "",
                false,
                false,
                "stack",
                "",
                "",
                "",
                "",
                "",
                Map.of(),
                List.of("No service of this node has " + request.listener()
                        + ": what arrives is for the network stack of the host."));
    }
}
