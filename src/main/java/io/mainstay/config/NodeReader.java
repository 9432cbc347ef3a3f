// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.WrittenSection.Item;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Reads a tree of YAML nodes by the {@link Schema} and reports everything that does not fit. Descends no deeper than the
 * schema, so a tree that contains itself does no harm.
 */
final class NodeReader {

    private static final String YAML_TAGS = "tag:yaml.org,2002:";

    private static final Pattern OTHER_NOTATION = Pattern.compile("[+-]?(0[0-9_bxA-Fa-f]|[0-9]+[_:])[0-9_:A-Fa-f]*");

    private final Problems problems;
    private final FormerNames formerNames;

    NodeReader(Problems problems) {
        this(problems, Schema.FORMER_NAMES);
    }

    NodeReader(Problems problems, FormerNames formerNames) {
        this.problems = problems;
        this.formerNames = formerNames;
    }

    /** Reads the whole file; null if it is not a mapping at all. */
    @Nullable
    WrittenSection readRoot(Node root) {
        return readSection(Schema.Whole.SECTION.keys(), root, "");
    }

    private @Nullable WrittenSection readSection(List<Key> keys, Node node, String path) {
        if (!(node instanceof MappingNode mapping) || !standardTag(node)) {
            problems.refuse(Place.of(node), path, describe(node), "keys " + names(keys));
            return null;
        }
        WrittenSection section = new WrittenSection(path, Place.of(mapping));
        Map<String, Place> seen = new HashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            readTuple(keys, tuple, section, seen);
        }
        for (Key key : keys) {
            if (!section.has(key) && !mayBeAbsent(key)) {
                problems.error(section.place(), section.pathOf(key), "missing (expected: " + expectedBehind(key) + ")");
            }
        }
        return section;
    }

    private void readTuple(List<Key> keys, NodeTuple tuple, WrittenSection section, Map<String, Place> seen) {
        Node keyNode = tuple.getKeyNode();
        if (!(keyNode instanceof ScalarNode scalar)) {
            problems.refuse(
                    Place.of(keyNode), section.path(), describe(keyNode) + " as a key", "one of " + names(keys));
            return;
        }
        String name = scalar.getValue();
        Key present = named(name, keys);
        String path = present == null ? section.pathOf(Problems.shown(name)) : section.pathOf(present);
        Key known = present == null ? formerNames.keyAt(path, keys).orElse(null) : present;
        if (known == null) {
            problems.error(Place.of(keyNode), path, "unknown key (" + suggestion(name, keys) + ")");
            return;
        }
        if (present == null) {
            problems.warn(
                    Place.of(keyNode),
                    path,
                    "is called " + known.name() + " now; the former name goes with the next minor version");
        }
        Place first = seen.putIfAbsent(known.name(), Place.of(keyNode));
        if (first != null) {
            problems.error(
                    Place.of(keyNode), path, "given twice (expected: once; the first is in line " + first.line() + ")");
            return;
        }
        readValue(known, tuple.getValueNode(), path, section);
    }

    private static @Nullable Key named(String name, List<Key> keys) {
        for (Key key : keys) {
            if (key.name().equals(name)) {
                return key;
            }
        }
        return null;
    }

    private void readValue(Key key, Node node, String path, WrittenSection into) {
        if (into.path().isEmpty() && isEmpty(node)) {
            return;
        }
        into.found(key, Place.of(node));
        switch (key) {
            case Key.Scalar<?> scalar -> readScalarInto(scalar, node, path, into);
            case Key.Values<?> values -> readValuesInto(values, node, path, into);
            case Key.Section section -> {
                WrittenSection below = readSection(section.keys(), node, path);
                if (below != null) {
                    into.put(section, below);
                }
            }
            case Key.Entries entries -> into.put(entries, readEntries(entries, node, path));
        }
    }

    /**
     * Whether there is nothing behind the colon. A part of the file of which all is commented out is as if it were not there; further
     * below that might be another thing than meant, as with a list of who is allowed.
     */
    private static boolean isEmpty(Node node) {
        return node instanceof ScalarNode scalar
                && scalar.getScalarStyle() == ScalarStyle.PLAIN
                && scalar.getValue().isEmpty()
                && standardTag(node);
    }

    private <T> void readScalarInto(Key.Scalar<T> key, Node node, String path, WrittenSection into) {
        T value = readScalar(key.type(), node, path);
        if (value != null) {
            into.put(key, value);
        }
    }

    private <T> void readValuesInto(Key.Values<T> key, Node node, String path, WrittenSection into) {
        if (key.loneValue() && node instanceof ScalarNode) {
            T value = readScalar(key.type(), node, path);
            if (value != null) {
                into.put(key, List.of(new Item<>(Place.of(node), path, value)));
            }
            return;
        }
        List<Item<T>> items = new ArrayList<>();
        List<Node> elements = elements(node, path, expectedBehind(key), key.least(), key.most());
        for (int i = 0; i < elements.size(); i++) {
            Node element = elements.get(i);
            String elementPath = path + "[" + i + "]";
            T value = readScalar(key.type(), element, elementPath);
            if (value != null) {
                items.add(new Item<>(Place.of(element), elementPath, value));
            }
        }
        into.put(key, items);
    }

    private List<WrittenSection> readEntries(Key.Entries key, Node node, String path) {
        if (key.loneEntry() && node instanceof MappingNode) {
            WrittenSection entry = readSection(key.keys(), node, path);
            return entry == null ? List.of() : List.of(entry);
        }
        List<Node> elements = elements(node, path, expectedBehind(key), key.least(), key.most());
        List<WrittenSection> entries = new ArrayList<>();
        for (int i = 0; i < elements.size(); i++) {
            WrittenSection entry = readSection(key.keys(), elements.get(i), path + "[" + i + "]");
            if (entry != null) {
                entries.add(entry);
            }
        }
        return entries;
    }

    private <T> @Nullable T readScalar(ScalarType<T> type, Node node, String path) {
        if (!(node instanceof ScalarNode scalar) || !standardTag(node)) {
            problems.refuse(Place.of(node), path, describe(node), type.expected());
            return null;
        }
        if (type.form().isBare() && scalar.getScalarStyle() != ScalarStyle.PLAIN) {
            problems.refuse(
                    Place.of(node), path, "\"" + scalar.getValue() + "\"", type.expected() + ", without quotes");
            return null;
        }
        try {
            return type.reader().apply(scalar.getValue());
        } catch (IllegalArgumentException e) {
            String shown = type.form() == ScalarType.Form.SECRET ? "not legal" : scalar.getValue();
            problems.refuse(Place.of(node), path, shown, type.expected() + hint(type, scalar.getValue()));
            return null;
        }
    }

    /** Why a number was refused that YAML 1.1 would have taken: {@code 010}, {@code 0x33}, {@code 1_000}, {@code 1:30}. */
    private static String hint(ScalarType<?> type, String text) {
        boolean otherNotation = type.form() == ScalarType.Form.NUMBER
                && OTHER_NOTATION.matcher(text).matches();
        return otherNotation ? ", in decimal digits without a leading zero" : "";
    }

    /** The elements of a list; none, after a report, if the node is not a list of a length within the bounds. */
    private List<Node> elements(Node node, String path, String expected, int least, int most) {
        if (!(node instanceof SequenceNode sequence) || !standardTag(node)) {
            problems.refuse(Place.of(node), path, describe(node), expected);
            return List.of();
        }
        int count = sequence.getValue().size();
        if (count < least || count > most) {
            problems.refuse(Place.of(node), path, count + " entries", least + ".." + most + " of them");
            return List.of();
        }
        return sequence.getValue();
    }

    /** A tag such as {@code !secret} would mean something that is not done here. */
    private static boolean standardTag(Node node) {
        return node.getTag().getValue().startsWith(YAML_TAGS);
    }

    private static String describe(Node node) {
        if (!standardTag(node)) {
            return node.getTag().getValue();
        }
        return switch (node.getNodeId()) {
            case NodeId.mapping -> "keys";
            case NodeId.sequence -> "a list";
            case NodeId.scalar, NodeId.anchor -> node instanceof ScalarNode scalar ? scalar.getValue() : "an alias";
        };
    }

    private static boolean mayBeAbsent(Key key) {
        return switch (key) {
            case Key.Scalar<?> scalar -> !(scalar.fallback() instanceof Key.Fallback.Required<?>);
            case Key.Values<?> values -> values.least() == 0;
            case Key.Section section -> true;
            case Key.Entries entries -> entries.least() == 0 || entries.loneEntry();
        };
    }

    private static String expectedBehind(Key key) {
        return switch (key) {
            case Key.Scalar<?> scalar -> scalar.type().expected();
            case Key.Values<?> values ->
                "a list of " + values.least() + ".." + values.most() + ", each "
                        + values.type().expected();
            case Key.Section section -> "keys " + names(section.keys());
            case Key.Entries entries ->
                entries.loneEntry()
                        ? "keys " + names(entries.keys()) + ", or a list of such entries"
                        : "a list of entries" + (entries.least() == 0 ? ", or [] for none" : "");
        };
    }

    private static String suggestion(String name, List<Key> keys) {
        Optional<String> near =
                NearestWord.to(name, keys.stream().map(Key::name).toList());
        Optional<String> elsewhere =
                pathsOf(name, Schema.Whole.SECTION, "").stream().findFirst();
        if (elsewhere.isPresent() && near.isEmpty()) {
            return "did you mean " + elsewhere.get() + "?";
        }
        return near.map(word -> "did you mean " + word + "?").orElse("expected: one of " + names(keys));
    }

    /** Where in the schema a key of that name stands, such as {@code virtual_routers[].vrid}. */
    private static List<String> pathsOf(String name, Key key, String path) {
        List<String> found = new ArrayList<>();
        for (Key below : Schema.below(key)) {
            String belowPath = path.isEmpty() ? below.name() : path + "." + below.name();
            if (below.name().equals(name)) {
                found.add(belowPath);
            }
            found.addAll(pathsOf(name, below, below instanceof Key.Entries ? belowPath + "[]" : belowPath));
        }
        return found;
    }

    private static String names(List<Key> keys) {
        return keys.stream().map(Key::name).collect(Collectors.joining(", "));
    }
}
