// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The parameters of keepalived.conf(5) as they are defined so far, with those that keepalived defines itself. Used by one thread.
 */
final class Parameters {

    private static final Pattern REFERENCE =
            Pattern.compile("\\$(?:\\{([A-Za-z_][A-Za-z0-9_]*)\\}|([A-Za-z_][A-Za-z0-9_]*)(?![A-Za-z0-9_]))");

    private final Optional<String> configId;
    private final Map<String, String> values = new HashMap<>();

    Parameters(Optional<String> configId) {
        this.configId = configId;
    }

    void define(String name, String value) {
        values.put(name, value);
    }

    /**
     * One step of replacement: a value may name further parameters, which count as they are defined by then. What is not defined
     * stays as it is.
     *
     * @param file in which the text stands
     * @param most how long the text may become, about; what would be longer is not replaced to its end
     */
    String replaceIn(String text, String file, int most) {
        if (text.indexOf('$') < 0) {
            return text;
        }
        Matcher reference = REFERENCE.matcher(text);
        StringBuilder replaced = new StringBuilder();
        while (replaced.length() <= most && reference.find()) {
            String name = Optional.ofNullable(reference.group(1)).orElse(reference.group(2));
            String value = value(name, file).orElse(reference.group());
            reference.appendReplacement(replaced, Matcher.quoteReplacement(value));
        }
        return reference.appendTail(replaced).toString();
    }

    private Optional<String> value(String name, String file) {
        return switch (name) {
            case "_PWD" -> Optional.of(directoryOf(file));
            case "_INSTANCE" -> configId;
            case "_HASH" -> Optional.of("#");
            case "_BANG" -> Optional.of("!");
            default -> Optional.ofNullable(values.get(name));
        };
    }

    private static String directoryOf(String file) {
        int end = file.lastIndexOf('/');
        return end < 0 ? "." : file.substring(0, end);
    }
}
