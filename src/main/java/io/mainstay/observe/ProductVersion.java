// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What was built, as the build has written it down. */
public final class ProductVersion {

    private static final String UNKNOWN = "unknown";

    private ProductVersion() {}

    /** The version, such as {@code 0.1.0}; {@code unknown} if the build left it out. */
    public static String current() {
        return line(0);
    }

    /** The commit that was built, with {@code +} if files differed from it; {@code unknown} outside of a repository. */
    public static String commit() {
        return line(1);
    }

    /** The time of that commit, not that of the build, so that a build can be repeated. ISO 8601. */
    public static String sourceTime() {
        return line(2);
    }

    private static String line(int number) {
        try (InputStream in = ProductVersion.class.getResourceAsStream("version.txt")) {
            List<String> lines = in == null
                    ? List.of()
                    : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .lines()
                            .toList();
            String text = number < lines.size() ? lines.get(number).strip() : "";
            return text.isEmpty() ? UNKNOWN : text;
        } catch (IOException e) {
            return UNKNOWN;
        }
    }
}
