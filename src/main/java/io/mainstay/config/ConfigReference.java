// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.List;

/** The manual of the configuration, made from the same table by which files are read. */
public final class ConfigReference {

    private static final String REQUIRED = "required";

    private ConfigReference() {}

    /** Every key with its range, default and meaning, as Markdown. */
    public static String toMarkdown() {
        StringBuilder page = new StringBuilder();
        for (Key key : Schema.below(Schema.Whole.SECTION)) {
            section(page, key, key.name());
        }
        return page.toString();
    }

    /** The same as AsciiDoc, for the manual page. */
    public static String toAsciidoc() {
        StringBuilder page = new StringBuilder();
        for (Key key : Schema.below(Schema.Whole.SECTION)) {
            asciidocSection(page, key, key.name());
        }
        return page.toString();
    }

    private static void asciidocSection(StringBuilder page, Key key, String path) {
        List<Key> below = Schema.below(key);
        page.append("=== ")
                .append(path)
                .append("\n\n")
                .append(literal(key.doc()))
                .append("\n\n");
        for (Key each : below) {
            page.append('*').append(each.name()).append("*::\n").append(literal(each.doc()));
            String fallback = fallback(each);
            page.append(" +\n")
                    .append(literal("Value: " + value(each, path)
                            + (fallback.equals(REQUIRED) ? ". Required." : ". Default: " + fallback + ".")));
            page.append("\n\n");
        }
        for (Key each : below) {
            if (!Schema.below(each).isEmpty()) {
                asciidocSection(page, each, path + "." + each.name());
            }
        }
    }

    /** Nothing in it means anything to AsciiDoc. */
    private static String literal(String text) {
        return "pass:c[" + text.replace("`", "").replace("]", "\\]") + "]";
    }

    private static void section(StringBuilder page, Key key, String path) {
        page.append("## `").append(path).append("`\n\n").append(key.doc()).append("\n\n");
        page.append("| key | value | default | meaning |\n|---|---|---|---|\n");
        List<Key> below = Schema.below(key);
        for (Key each : below) {
            page.append("| `")
                    .append(each.name())
                    .append("` | ")
                    .append(cell(value(each, path)))
                    .append(" | ")
                    .append(cell(fallback(each)))
                    .append(" | ")
                    .append(cell(each.doc()))
                    .append(" |\n");
        }
        page.append('\n');
        for (Key each : below) {
            if (!Schema.below(each).isEmpty()) {
                section(page, each, path + "." + each.name());
            }
        }
    }

    private static String value(Key key, String path) {
        return switch (key) {
            case Key.Scalar<?> scalar -> scalar.type().expected();
            case Key.Values<?> values ->
                (values.loneValue() ? "one or a list of: " : "a list of: ")
                        + values.type().expected();
            case Key.Section section -> "keys, see `" + path + "." + section.name() + "`";
            case Key.Entries entries ->
                (entries.loneEntry() ? "keys, or a list of such entries" : "a list") + ", see `" + path + "."
                        + entries.name() + "`";
        };
    }

    private static String fallback(Key key) {
        return switch (key) {
            case Key.Scalar<?> scalar -> fallback(scalar);
            case Key.Values<?> values -> values.least() > 0 ? REQUIRED : "none";
            case Key.Section ignored -> "the defaults of its keys";
            case Key.Entries entries ->
                entries.loneEntry() ? "the defaults of its keys" : entries.least() > 0 ? REQUIRED : "none";
        };
    }

    private static <T> String fallback(Key.Scalar<T> scalar) {
        return switch (scalar.fallback()) {
            case Key.Fallback.Required<T> ignored -> REQUIRED;
            case Key.Fallback.Default<T> value -> {
                String text = scalar.type().writer().apply(value.value());
                yield text.isEmpty() ? "`\"\"`" : "`" + text + "`";
            }
            case Key.Fallback.Derived<T> derived -> derived.rule();
        };
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
