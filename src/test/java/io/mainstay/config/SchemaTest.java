// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of the keys. */
class SchemaTest {

    static Stream<String> sections() {
        return Arrays.stream(Schema.class.getDeclaredClasses()).map(Class::getName);
    }

    /** The keys stand in static fields, which are null for one that looks too early. */
    @ParameterizedTest
    @MethodSource("sections")
    void whicheverPartIsAskedForFirstTheKeysAreThere(String section) throws IOException, ClassNotFoundException {
        URL classes = Schema.class.getProtectionDomain().getCodeSource().getLocation();
        try (URLClassLoader fresh = new Fresh(classes)) {
            Class<?> loaded = Class.forName(section, true, fresh);
            Class.forName(Schema.Whole.class.getName(), true, fresh);
            assertThat(loaded.getClassLoader())
                    .as("not the one that others have used")
                    .isSameAs(fresh);
        }
    }

    /** Has the classes of the product for itself, and all others in common. */
    private static final class Fresh extends URLClassLoader {

        Fresh(URL classes) {
            super(new URL[] {classes}, Schema.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                if (!name.startsWith("io.mainstay.")) {
                    return super.loadClass(name, resolve);
                }
                Class<?> already = findLoadedClass(name);
                return already == null ? findClass(name) : already;
            }
        }
    }
}
