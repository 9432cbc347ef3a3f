// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.ConfigChange.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What distinguishes two configurations, key by key as they are meant: comments, order of keys and defaults that are
 * written out make no difference. Entries are the same if their names are.
 */
public final class ConfigDiff {

    private static final String NAME = "name";

    private final List<ConfigChange> changes = new ArrayList<>();

    private ConfigDiff() {}

    /** The changes that turn the one into the other, in the order of the file; none if they are equal. */
    public static List<ConfigChange> between(MainstayConfig before, MainstayConfig after) {
        ConfigDiff diff = new ConfigDiff();
        diff.maps("", EffectiveConfig.toTree(before), EffectiveConfig.toTree(after));
        return List.copyOf(diff.changes);
    }

    private void maps(String path, Map<?, ?> before, Map<?, ?> after) {
        Map<Object, Object> all = new LinkedHashMap<>(before);
        after.forEach(all::putIfAbsent);
        for (Object key : all.keySet()) {
            String below = path.isEmpty() ? key.toString() : path + "." + key;
            Object old = before.get(key);
            Object present = after.get(key);
            if (old == null && present != null) {
                changes.add(new ConfigChange(Kind.ADDED, below, "", text(present)));
            } else if (old != null && present == null) {
                changes.add(new ConfigChange(Kind.REMOVED, below, text(old), ""));
            } else if (old != null && present != null && !old.equals(present)) {
                values(below, old, present);
            }
        }
    }

    private void values(String path, Object before, Object after) {
        if (before instanceof Map<?, ?> oldMap && after instanceof Map<?, ?> newMap) {
            maps(path, oldMap, newMap);
        } else if (before instanceof List<?> oldList && after instanceof List<?> newList) {
            if (hasNames(oldList) && hasNames(newList)) {
                entries(path, byName(oldList), byName(newList));
            } else {
                leaves(path, oldList, newList);
            }
        } else {
            changes.add(new ConfigChange(Kind.CHANGED, path, text(before), text(after)));
        }
    }

    private static boolean hasNames(List<?> list) {
        return list.stream().allMatch(element -> element instanceof Map<?, ?> map && map.get(NAME) != null);
    }

    private static Map<String, Map<?, ?>> byName(List<?> list) {
        Map<String, Map<?, ?>> entries = new LinkedHashMap<>();
        for (Object element : list) {
            if (element instanceof Map<?, ?> map && map.get(NAME) instanceof String name) {
                entries.put(name, map);
            }
        }
        return entries;
    }

    private void entries(String path, Map<String, Map<?, ?>> before, Map<String, Map<?, ?>> after) {
        before.forEach((name, old) -> {
            Map<?, ?> present = after.get(name);
            String below = path + "[" + name + "]";
            if (present == null) {
                changes.add(new ConfigChange(Kind.REMOVED, below, "", ""));
            } else {
                maps(below, old, present);
            }
        });
        after.keySet().stream()
                .filter(name -> !before.containsKey(name))
                .forEach(name -> changes.add(new ConfigChange(Kind.ADDED, path + "[" + name + "]", "", "")));
        order(
                path,
                before.keySet().stream().filter(after::containsKey).toList(),
                after.keySet().stream().filter(before::containsKey).toList());
    }

    private void leaves(String path, List<?> before, List<?> after) {
        before.stream()
                .filter(old -> !after.contains(old))
                .forEach(old -> changes.add(new ConfigChange(Kind.REMOVED, path, text(old), "")));
        after.stream()
                .filter(present -> !before.contains(present))
                .forEach(present -> changes.add(new ConfigChange(Kind.ADDED, path, "", text(present))));
        order(
                path,
                before.stream().filter(after::contains).toList(),
                after.stream().filter(before::contains).toList());
    }

    private void order(String path, List<?> before, List<?> after) {
        if (!before.equals(after)) {
            changes.add(new ConfigChange(Kind.CHANGED, path, text(before), text(after)));
        }
    }

    private static String text(Object value) {
        return switch (value) {
            case List<?> list -> list.stream().map(ConfigDiff::text).collect(Collectors.joining(", ", "[", "]"));
            case Map<?, ?> map ->
                map.entrySet().stream()
                        .map(entry -> entry.getKey() + ": " + text(entry.getValue()))
                        .collect(Collectors.joining(", ", "{", "}"));
            default -> value.toString();
        };
    }
}
