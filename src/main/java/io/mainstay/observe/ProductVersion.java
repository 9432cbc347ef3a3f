// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What was built, as the build has written it down. Each part is {@code unknown} where it is not known.
 *
 * @param number such as {@code 0.1.0}
 * @param commit the commit that was built, with {@code +} if files differed from it
 * @param sourceTime the time of that commit, not that of the build, so that a build can be repeated; ISO 8601 in UTC
 */
public record ProductVersion(String number, String commit, String sourceTime) {

    private static final String UNKNOWN = "unknown";

    // Once, before anybody asks: later the file may be that of the version that replaced this one.
    private static final ProductVersion CURRENT = written();

    /** How one version stands to another. */
    public enum Age {
        SAME,
        OLDER,
        NEWER,
        /** Of the same number and time, or of times that are not known. */
        ANOTHER
    }

    /** That of this program. */
    public static ProductVersion current() {
        return CURRENT;
    }

    /** Reads what {@link #addTo} has written; a version that did not tell all of it yet has parts that are not known. */
    public static ProductVersion fromFields(JsonFields json) {
        return new ProductVersion(
                json.string("version"),
                json.has("commit") ? json.string("commit") : UNKNOWN,
                json.has("source_time") ? json.string("source_time") : UNKNOWN);
    }

    public void addTo(JsonObject json) {
        json.addProperty("version", number);
        json.addProperty("commit", commit);
        json.addProperty("source_time", sourceTime);
    }

    /** How old this one is beside the other: by number, and where that is the same, as before a release, by time. */
    public Age beside(ProductVersion other) {
        if (equals(other)) {
            return Age.SAME;
        }
        int difference = number.equals(other.number) ? byTime(other) : byNumber(other);
        return difference < 0 ? Age.OLDER : difference > 0 ? Age.NEWER : Age.ANOTHER;
    }

    private int byNumber(ProductVersion other) {
        try {
            return ModuleDescriptor.Version.parse(number).compareTo(ModuleDescriptor.Version.parse(other.number));
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    /** ISO 8601 sorts by time. */
    private int byTime(ProductVersion other) {
        return sourceTime.equals(UNKNOWN) || other.sourceTime.equals(UNKNOWN)
                ? 0
                : sourceTime.compareTo(other.sourceTime);
    }

    /** For people, in one line. */
    @Override
    public String toString() {
        return number + (commit.equals(UNKNOWN) ? "" : " (commit " + commit + " of " + sourceTime + ")");
    }

    private static ProductVersion written() {
        List<String> lines = lines();
        return new ProductVersion(part(lines, 0), part(lines, 1), part(lines, 2));
    }

    private static String part(List<String> lines, int number) {
        String text = number < lines.size() ? lines.get(number).strip() : "";
        return text.isEmpty() ? UNKNOWN : text;
    }

    private static List<String> lines() {
        try (InputStream in = ProductVersion.class.getResourceAsStream("version.txt")) {
            return in == null
                    ? List.of()
                    : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
