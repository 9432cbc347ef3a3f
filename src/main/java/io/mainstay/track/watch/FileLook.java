// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import io.mainstay.track.Effect;
import io.mainstay.track.Observation;
import io.mainstay.track.TrackerConfig.FileTracker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Whether a file is there, or what it states. */
final class FileLook implements Look {

    private static final String FAULT = "fault";

    private final FileTracker tracker;
    private final Path path;

    FileLook(FileTracker tracker) {
        this.tracker = tracker;
        path = Path.of(tracker.path());
    }

    @Override
    public Observation look() {
        return tracker.effect() instanceof Effect.Stated ? statement() : presence();
    }

    private Observation presence() {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                ? new Observation.Good("there")
                : new Observation.Bad("not there");
    }

    /** Nobody states anything while there is no file. An empty one is just being written. */
    private Observation statement() {
        String text;
        try {
            text = FileText.of(path).strip();
        } catch (NoSuchFileException e) {
            return new Observation.Stated(0, "not there");
        } catch (IOException e) {
            return new Observation.Unclear("cannot be read: " + e.getMessage());
        }
        if (text.equals(FAULT)) {
            return new Observation.Bad("says fault");
        }
        try {
            int weight = Integer.parseInt(text);
            if (Math.abs(weight) <= Effect.Weight.LARGEST) {
                return new Observation.Stated(weight, "says " + weight);
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        String shown = text.length() <= 20 ? text : text.substring(0, 20) + "…";
        return new Observation.Unclear(
                "holds " + (shown.isEmpty() ? "nothing" : shown) + " (expected: -253..253 or fault)");
    }
}
