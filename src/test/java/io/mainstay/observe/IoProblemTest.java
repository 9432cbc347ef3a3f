// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IoProblemTest {

    @Test
    void whatJavaSaysByTheClassIsSaidInWords() {
        assertThat(IoProblem.describe(new NoSuchFileException("/a"))).isEqualTo("/a: No such file or directory");
        assertThat(IoProblem.describe(new AccessDeniedException("/a"))).isEqualTo("/a: Permission denied");
        assertThat(IoProblem.describe(new FileAlreadyExistsException("/a")))
                .isEqualTo("/a: Exists, but is not a directory");
        assertThat(IoProblem.describe(new FileSystemException("/a", null, "Read-only file system")))
                .isEqualTo("/a: Read-only file system");
        assertThat(IoProblem.describe(new FileSystemException("/a"))).isEqualTo("/a: Input/output error");
        assertThat(IoProblem.describe(new IOException("No space left on device")))
                .isEqualTo("No space left on device");
        assertThat(IoProblem.describe(new IOException())).isEqualTo("Input/output error");
        assertThat(IoProblem.describe(new MalformedInputException(1))).isEqualTo("Not UTF-8 text");
    }

    @Test
    void aFileInTheWayOfTheStateDirectoryIsToldWithoutAClassName(@TempDir Path directory) throws IOException {
        Path state = Files.writeString(directory.resolve("state"), "precious");
        try (EventJournal journal = EventJournal.open(state, () -> new MonotonicInstant(0))) {
            journal.append(EventDraft.info("test", "node", "event"));
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(journal.since(0))
                            .filteredOn(event -> event.kind().equals("journal_unwritable"))
                            .singleElement()
                            .satisfies(event -> assertThat(event.fields().get("error"))
                                    .isEqualTo(state + ": Exists, but is not a directory")));
        }
    }
}
