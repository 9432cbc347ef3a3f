// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import java.nio.file.Path;

/** Where the programs are that are shipped beside this one. */
final class Installation {

    /** The property by which the launcher {@code mainstayd} tells its directory. */
    private static final String PROGRAMS = "mainstay.bin";

    private static final String PACKAGED = "/usr/lib/mainstay/bin";

    private Installation() {}

    /** What is shipped as data, in {@code lib}. */
    static Path library(String name) {
        return Path.of(System.getProperty(PROGRAMS, PACKAGED))
                .resolveSibling("lib")
                .resolve(name);
    }

    /** A program that is shipped beside {@code mainstayd}. */
    static Path program(String name) {
        return Path.of(System.getProperty(PROGRAMS, PACKAGED), name);
    }
}
