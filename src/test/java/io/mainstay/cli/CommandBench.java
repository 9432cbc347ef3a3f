// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.cli.CliHarness.Ended;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that answers what a test wants, and the commands that ask it, end to end over a real socket. */
abstract class CommandBench {

    @TempDir
    Path directory;

    CliHarness harness;

    @BeforeEach
    void open() throws IOException {
        harness = new CliHarness(directory);
    }

    @AfterEach
    void close() {
        harness.close();
    }

    static Ended done(String out) {
        return new Ended(0, out, "");
    }

    static Ended failed(int exitCode, String err) {
        return new Ended(exitCode, "", err);
    }
}
