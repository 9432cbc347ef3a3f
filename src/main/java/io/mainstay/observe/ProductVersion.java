// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The version that was built. */
public final class ProductVersion {

    private ProductVersion() {}

    /** The version, such as {@code 0.1.0}; {@code unknown} if the build left it out. */
    public static String current() {
        try (InputStream in = ProductVersion.class.getResourceAsStream("version.txt")) {
            return in == null ? "unknown" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
