// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong and what is remarkable while a configuration is read. Used by one thread. */
final class Problems {

    /** More than anybody reads; a file of garbage could give a hundred thousand. */
    static final int MOST_KEPT = 200;

    private static final int LONGEST_VALUE = 60;

    private final String file;
    private final List<ConfigProblem> errors = new ArrayList<>();
    private final List<ConfigProblem> warnings = new ArrayList<>();
    private int errorsNotKept;

    Problems(String file) {
        this.file = file;
    }

    void error(Place place, String key, String message) {
        if (errors.size() < MOST_KEPT) {
            errors.add(new ConfigProblem(file, place.line(), place.column(), key, message));
        } else {
            errorsNotKept++;
        }
    }

    /** An offending value and what was expected instead. */
    void refuse(Place place, String key, String value, String expected) {
        error(place, key, shown(value) + " (expected: " + expected + ")");
    }

    void errorOfFile(String message) {
        errors.add(new ConfigProblem(file, 0, 0, "", message));
    }

    void warn(Place place, String key, String message) {
        if (warnings.size() < MOST_KEPT) {
            warnings.add(new ConfigProblem(file, place.line(), place.column(), key, message));
        }
    }

    void warnOfFile(String message) {
        warnings.add(new ConfigProblem(file, 0, 0, "", message));
    }

    boolean anyError() {
        return !errors.isEmpty();
    }

    ConfigResult.Invalid invalid() {
        List<ConfigProblem> sorted = new ArrayList<>(errors.stream().sorted().toList());
        if (errorsNotKept > 0) {
            sorted.add(new ConfigProblem(file, 0, 0, "", errorsNotKept + " more mistakes are not shown"));
        }
        return new ConfigResult.Invalid(sorted, warnings());
    }

    List<ConfigProblem> warnings() {
        return warnings.stream().sorted().toList();
    }

    /** A value as it may stand in a one-line message. */
    static String shown(String value) {
        if (value.isEmpty()) {
            return "(empty)";
        }
        StringBuilder text = new StringBuilder();
        int[] codePoints = value.codePoints().limit(LONGEST_VALUE + 1L).toArray();
        for (int i = 0; i < Math.min(codePoints.length, LONGEST_VALUE); i++) {
            int c = codePoints[i];
            if (c == '\n') {
                text.append("\\n");
            } else if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
                text.append(String.format("\\u%04x", c));
            } else {
                text.appendCodePoint(c);
            }
        }
        return codePoints.length > LONGEST_VALUE ? text.append('…').toString() : text.toString();
    }
}
