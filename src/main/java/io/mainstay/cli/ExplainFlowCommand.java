// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.control.FlowExplanation;
import io.mainstay.control.FlowExplanationRequest;
import io.mainstay.control.FlowJson;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay explain flow}. */
final class ExplainFlowCommand implements CliCommand {

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "flow",
                        "Tell what this node would do with the next packet of a flow: which service, which backend and"
                                + " why, with which addresses it leaves, or why not. For the kernel engine the program that"
                                + " forwards is asked itself; nothing is sent, counted or entered. Ends with exit code 0 if"
                                + " a backend would get it, 1 if not.",
                        "mainstay explain flow 192.0.2.7:40000 198.51.100.10:443",
                        "mainstay explain flow 192.0.2.7 198.51.100.10:53/udp",
                        "mainstay explain flow --json [2001:db8::7]:40000 [2001:db8::10]:443 | jq .backend")
                .addPositional(Specs.parameter(
                        "SRC",
                        true,
                        "The client: ADDRESS:PORT, or ADDRESS alone to have new flows from 256 ports tried."))
                .addPositional(
                        Specs.secondParameter("DST", "Where it arrives: ADDRESS:PORT, with /udp behind it for UDP."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Daemon daemon = invocation.daemon();
        // To ask the data path for the first time takes it a second, and more on a busy machine.
        String body = daemon.post("/v1/explain/flow", FlowJson.toTree(request(invocation)), Optional.empty());
        FlowExplanation explanation = daemon.read(body, FlowJson::explanation);
        if (invocation.json()) {
            invocation.out().print(body);
        } else {
            explanation.sentences().forEach(sentence -> invocation.out().println(HumanText.printable(sentence)));
        }
        return explanation.served() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static FlowExplanationRequest request(Invocation invocation) {
        try {
            return FlowExplanationRequest.parse(
                    invocation.parameter().orElseThrow(),
                    invocation.secondParameter().orElseThrow());
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()));
        }
    }
}
