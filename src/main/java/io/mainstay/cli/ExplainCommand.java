// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.explain.NodeJournal;
import io.mainstay.explain.Story;
import io.mainstay.explain.Storyteller;
import io.mainstay.observe.JsonText;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay explain}. */
final class ExplainCommand implements CliCommand {

    private static final String LAST_FAILOVER = "--last-failover";
    private static final String ROUTER = "--router";
    private static final String BACK = "--back";
    private static final String OTHER_NODE = "--other-node";

    private static final int MOST_BACK = 1_000_000;

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "explain",
                        "Explain why an address moved: what happened first, how long each step took, why this node, and"
                                + " what clients could notice. Works from the journal if no daemon runs.",
                        "mainstay explain --last-failover",
                        "mainstay explain --last-failover --router web",
                        "mainstay explain --router web --back 1",
                        "mainstay explain --other-node <(ssh lb1 mainstay events --json)",
                        "mainstay explain --json | jq .timeline")
                .addOption(
                        Specs.flag(LAST_FAILOVER, "The last move, which is also what is explained without an option."))
                .addOption(Specs.text(
                        ROUTER,
                        "NAME",
                        "The moves of that virtual router. Default: of the one that moved last; of a sync group the member"
                                + " that decided."))
                .addOption(Specs.number(
                        BACK,
                        "Go back by so many moves of that one virtual router, the default too: 1 is the one before its"
                                + " last."))
                .addOption(Specs.text(
                        OTHER_NODE,
                        "FILE",
                        "Tell the part of another node along: what mainstay events --json prints there, or its"
                                + " events.jsonl."))
                .addOption(Journal.stateDirectoryOption());
    }

    @Override
    public List<CliCommand> commands() {
        return List.of(new ExplainFlowCommand());
    }

    @Override
    public ExitCode run(Invocation invocation) {
        Optional<String> router = invocation.text(ROUTER);
        int back = back(invocation);
        Optional<NodeJournal> other = invocation.text(OTHER_NODE).map(Path::of).map(Journal::ofFile);
        Optional<Story> story = new Storyteller(Journal.read(invocation), other).move(router, back);
        if (story.isEmpty()) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    "the journal tells of no " + (back == 0 ? "" : "earlier ") + "move"
                            + router.map(name -> " of virtual router " + name).orElse(""));
        }
        if (invocation.json()) {
            invocation.out().print(JsonText.pretty(StoryJson.toTree(story.get())));
        } else {
            new StoryText(invocation.out(), invocation.colours(), ZoneId.systemDefault()).print(story.get());
        }
        return ExitCode.DONE;
    }

    private static int back(Invocation invocation) {
        long back = invocation.number(BACK).orElse(0L);
        if (back < 0 || back > MOST_BACK) {
            throw new CommandFailure(ExitCode.USAGE, BACK + ": " + back + " (expected: 0.." + MOST_BACK + ")");
        }
        return (int) back;
    }
}
