// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.cli.CliHarness.Ended;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code mainstay init} where it asks, and where it asks in vain. */
class DialogueTest {

    @TempDir
    Path directory;

    private Ended init(String input, String... options) {
        String[] words = new String[options.length + 3];
        words[0] = "init";
        words[1] = "--output";
        words[2] = directory.resolve("mainstay.yaml").toString();
        System.arraycopy(options, 0, words, 3, options.length);
        return CliHarness.answering(input, Map.of(), false, words);
    }

    @Test
    void aWrongAnswerIsToldAtOnceAndTheQuestionComesAgain() {
        Ended ended = init("no such\nneither\n", "--vip", "198.51.100.10/24");
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err())
                .contains("  no such (expected: an interface of this machine: ")
                .contains("  neither (expected: an interface of this machine: ")
                .endsWith("mainstay: standard input has ended (expected: an answer, or the option --interface)\n");
        assertThat(ended.out().split("Interface where clients and the other node are", -1))
                .hasSize(4);
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aWrongOptionEndsIt() {
        Ended ended = init("", "--interface", "no-such");
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.err()).startsWith("mainstay: --interface: no-such (expected: an interface of this machine: ");
    }

    @Test
    void anEmptyOptionIsNoAnswerAndNobodyIsAsked() {
        Ended ended = init("eth0\n", "--interface", "");
        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.err()).isEqualTo("mainstay: --interface: empty (expected: a value, or no such option)\n");
    }

    @Test
    void whoCannotWriteIsAskedNothing() throws Exception {
        Files.writeString(directory.resolve("mainstay.yaml"), "node: {name: precious}\n");
        Ended ended = init("eth0\n");
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).contains("exists and has been edited", "--force");
    }
}
