// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/** Writes a tree of maps, lists and leaves as YAML in block style. Stateless; any thread. */
public final class YamlWriter {

    /** Texts that no YAML reader takes for anything but themselves, if the resolver does not. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/_][A-Za-z0-9/_.-]*(:[A-Za-z0-9/_.-]+)*");

    private final StringBuilder out = new StringBuilder();
    private final Resolver resolver = new Resolver();

    /** How texts are written, by themselves: most come again and again. */
    private final Map<String, String> written = new HashMap<>();

    private YamlWriter() {}

    /** The tree as text; its leaves are {@link String}s, {@link Integer}s and {@link Boolean}s without control characters. */
    public static String write(Map<String, Object> tree) {
        YamlWriter writer = new YamlWriter();
        writer.writeMap(tree, "", "");
        return writer.out.toString();
    }

    /**
     * @param first what precedes the first key on its line
     * @param indent what precedes every other line
     */
    private void writeMap(Map<?, ?> map, String first, String indent) {
        String lead = first;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(lead).append(entry.getKey()).append(':');
            lead = indent;
            switch (entry.getValue()) {
                case Map<?, ?> below -> {
                    out.append('\n');
                    writeMap(below, indent + "  ", indent + "  ");
                }
                case List<?> list -> writeList(list, indent + "  ");
                case Object leaf -> out.append(' ').append(leafText(leaf)).append('\n');
            }
        }
    }

    private void writeList(List<?> list, String indent) {
        if (list.isEmpty()) {
            out.append(" []\n");
            return;
        }
        out.append('\n');
        for (Object element : list) {
            if (element instanceof Map<?, ?> map) {
                writeMap(map, indent + "- ", indent + "  ");
            } else {
                out.append(indent).append("- ").append(leafText(element)).append('\n');
            }
        }
    }

    private String leafText(Object leaf) {
        return leaf instanceof String text ? written.computeIfAbsent(text, this::plainOrQuoted) : leaf.toString();
    }

    private String plainOrQuoted(String text) {
        // Quoted where YAML 1.1 would see a number, a boolean or a time, for the sake of other readers.
        boolean plain = PLAIN.matcher(text).matches()
                && resolver.resolve(NodeId.scalar, text, true).equals(Tag.STR);
        return plain ? text : quoted(text);
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\\' -> quoted.append("\\\\");
                case '"' -> quoted.append("\\\"");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                default -> {
                    // What YAML does not count as printable, or takes for the end of a line.
                    if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029 || c == 0xFEFF || c >= 0xFFFE) {
                        quoted.append(String.format("\\u%04x", (int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
