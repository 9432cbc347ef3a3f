// SPDX-License-Identifier: Apache-2.0
package io.mainstay.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Replays every input that a search kept or a person wrote, without the search. A new one: put the file into the folder. */
@Tag("property")
class CorpusTest {

    private static final Path CORPUS = Path.of("src/test/fuzz");

    /** None takes more than some milliseconds; this is for a machine that is busy. */
    private static final Duration LONGEST = Duration.ofSeconds(20);

    private static final Map<String, Consumer<byte[]>> TARGETS = Map.of(
            "advertisement", AdvertisementFuzz::fuzzerTestOneInput,
            "configuration", ConfigurationFuzz::fuzzerTestOneInput,
            "keepalived", KeepalivedFuzz::fuzzerTestOneInput);

    private static List<Path> inputs(String target) throws IOException {
        try (Stream<Path> files = Files.list(CORPUS.resolve(target))) {
            return files.sorted().toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> everyInputIsDealtWith() {
        return TARGETS.entrySet().stream()
                .map(target -> DynamicTest.dynamicTest(target.getKey(), () -> {
                    for (Path input : inputs(target.getKey())) {
                        byte[] octets = Files.readAllBytes(input);
                        assertTimeoutPreemptively(
                                LONGEST, () -> target.getValue().accept(octets), input::toString);
                    }
                }));
    }

    @Test
    void everyTargetHasInputsAndEveryFolderATarget() throws IOException {
        for (String target : TARGETS.keySet()) {
            assertThat(inputs(target)).as(target).isNotEmpty();
        }
        try (Stream<Path> folders = Files.list(CORPUS)) {
            assertThat(folders.map(folder -> folder.getFileName().toString())).hasSameElementsAs(TARGETS.keySet());
        }
    }
}
