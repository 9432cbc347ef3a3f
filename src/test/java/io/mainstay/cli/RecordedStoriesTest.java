// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.explain.NodeJournal;
import io.mainstay.explain.Story;
import io.mainstay.explain.Storyteller;
import io.mainstay.observe.Event;
import io.mainstay.observe.EventJson;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Journals that two nodes of the lab have left behind after a real fault, and what is printed about each. After a wished
 * change of the words {@code -Dtest.jvmArgs=-Dmainstay.stories.write=true} writes them anew: read them before you commit.
 */
class RecordedStoriesTest {

    private static final Path RECORDED = Path.of("src/test/resources/explain");

    private static NodeJournal journal(String name) throws IOException {
        List<Event> events = Files.readAllLines(RECORDED.resolve(name + ".jsonl")).stream()
                .map(EventJson::fromLine)
                .toList();
        return new NodeJournal(events, Optional.empty());
    }

    private static String told(Storyteller storyteller) {
        Story story = storyteller.move(Optional.empty(), 0).orElseThrow();
        StringWriter text = new StringWriter();
        new StoryText(new PrintWriter(text), false, ZoneOffset.UTC).print(story);
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kill-lb1",
                "kill-lb2",
                "cut-lb1",
                "cut-lb2",
                "frozen-lb1",
                "frozen-lb2",
                "switchover-lb1",
                "switchover-lb2",
                "isolated-lb2"
            })
    void whatOneNodeTells(String name) throws IOException {
        assertAsRecorded(name, told(new Storyteller(journal(name), Optional.empty())));
    }

    @ParameterizedTest
    @ValueSource(strings = {"kill", "cut", "frozen", "switchover"})
    void whatTheNewActiveTellsTogetherWithTheOldOne(String fault) throws IOException {
        assertAsRecorded(
                fault + "-both", told(new Storyteller(journal(fault + "-lb2"), Optional.of(journal(fault + "-lb1")))));
    }

    @Test
    void aJournalWithoutItsDaemonTellsThatItBrokeOff() throws IOException {
        NodeJournal left = journal("kill-lb1");
        List<Event> untilTheEnd = left.events().stream()
                .takeWhile(event -> !event.sentence().contains("broke off"))
                .toList();
        NodeJournal withoutDaemon = new NodeJournal(
                untilTheEnd, Optional.of(untilTheEnd.getLast().time().plusSeconds(15)));
        assertAsRecorded("kill-lb1-down", told(new Storyteller(withoutDaemon, Optional.empty())));
        assertThat(new Storyteller(new NodeJournal(untilTheEnd, Optional.empty()), Optional.empty())
                        .move(Optional.empty(), 0)
                        .orElseThrow()
                        .headline())
                .as("with a daemon that runs, nothing has broken off")
                .isEqualTo("web became Active on lb1: no other node was heard");
    }

    private static void assertAsRecorded(String name, String text) throws IOException {
        Path expected = RECORDED.resolve(name + ".txt");
        if (Boolean.getBoolean("mainstay.stories.write")) {
            Files.writeString(expected, text);
        }
        assertThat(text).isEqualTo(Files.readString(expected));
    }
}
