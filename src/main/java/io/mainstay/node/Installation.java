// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.security.CodeSource;

/** Where this program is installed. */
final class Installation {

    private Installation() {}

    /** A program that is shipped beside this one: {@code bin/NAME} next to the {@code lib} of the jar. */
    static Path program(String name) {
        CodeSource source = Installation.class.getProtectionDomain().getCodeSource();
        try {
            Path jar = Path.of(source.getLocation().toURI());
            return jar.resolveSibling("../bin").resolve(name).normalize();
        } catch (URISyntaxException e) {
            throw new AssertionError("the location of a jar is a URI", e);
        }
    }
}
