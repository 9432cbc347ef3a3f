// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The journal of a node whose daemon need not run.
 *
 * @param events all that the state directory holds, oldest first; what cannot be read as an event is passed over
 * @param lastAlive when the daemon showed its last sign of life
 */
public record StoredEvents(List<Event> events, Optional<Instant> lastAlive) {

    public StoredEvents {
        events = List.copyOf(events);
    }

    /**
     * Reads the journal.
     *
     * @throws IOException if there is none, or it cannot be read; {@link IoProblem#describe} has the words for it
     */
    public static StoredEvents read(Path stateDirectory) throws IOException {
        if (Files.exists(stateDirectory) && !Files.isDirectory(stateDirectory)) {
            throw new NotDirectoryException(stateDirectory.toString());
        }
        JournalFile file = new JournalFile(stateDirectory, EventJournal.LARGEST_FILE_BYTES);
        if (!file.exists()) {
            throw new NoSuchFileException(file.file(JournalFile.NAME).toString());
        }
        Optional<Instant> lastAlive = file.lastTouched();
        return new StoredEvents(file.readTail(Integer.MAX_VALUE, (int) EventJournal.LARGEST_FILE_BYTES), lastAlive);
    }
}
