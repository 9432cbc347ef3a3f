// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.ConfigChange.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What distinguishes two configurations, key by key as they are meant: comments, order of keys and defaults that are
 * written out make no difference. Entries are the same if their names are.
 */
public final class ConfigDiff {

    private static final String NAME = "name";

    /** What a running daemon takes over of an entry of {@code virtual_routers}. */
    private static final Set<String> LIVE_IN_ROUTERS =
            Set.of(AuthenticationKeys.SECTION.name(), TrackKeys.SECTION.name(), HookKeys.SECTION.name());

    private final List<ConfigChange> changes = new ArrayList<>();

    /** The keys on the way to what is compared, names of entries among them. */
    private final Deque<String> way = new ArrayDeque<>();

    private ConfigDiff() {}

    /** The changes that turn the one into the other, in the order of the file; none if they are equal. */
    public static List<ConfigChange> between(MainstayConfig before, MainstayConfig after) {
        ConfigDiff diff = new ConfigDiff();
        diff.maps("", EffectiveConfig.toTree(before), EffectiveConfig.toTree(after));
        diff.keyFiles(before, after);
        return List.copyOf(diff.changes);
    }

    /** Whether a running daemon cannot go from the one to the other: all of the services it can change, so they are not compared. */
    public static boolean needsRestart(MainstayConfig before, MainstayConfig after) {
        return between(before.withoutServices(), after.withoutServices()).stream()
                .anyMatch(ConfigChange::needsRestart);
    }

    /** A file that holds another key now is no change of the tree, which has no secrets in it. */
    private void keyFiles(MainstayConfig before, MainstayConfig after) {
        for (VirtualRouterSettings present : after.virtualRouters()) {
            before.virtualRouters().stream()
                    .filter(old -> old.router().name().equals(present.router().name()))
                    .findFirst()
                    .ifPresent(old -> keyFiles(old.authentication(), present));
        }
    }

    private void keyFiles(AuthenticationSettings old, VirtualRouterSettings router) {
        AuthenticationSettings present = router.authentication();
        for (int i = 0; i < present.files().size(); i++) {
            String file = present.files().get(i);
            int before = old.files().indexOf(file);
            if (before >= 0
                    && !old.config()
                            .keys()
                            .get(before)
                            .hasOctetsOf(present.config().keys().get(i))) {
                String path = Schema.VirtualRouter.ENTRIES.name() + "["
                        + router.router().name() + "]." + AuthenticationKeys.SECTION.name() + "."
                        + AuthenticationKeys.KEYS.name();
                changes.add(new ConfigChange(Kind.CHANGED, path, file, "another key in it", false));
            }
        }
    }

    private void maps(String path, Map<?, ?> before, Map<?, ?> after) {
        Map<Object, Object> all = new LinkedHashMap<>(before);
        after.forEach(all::putIfAbsent);
        for (Object key : all.keySet()) {
            String below = path.isEmpty() ? key.toString() : path + "." + key;
            Object old = before.get(key);
            Object present = after.get(key);
            way.addLast(key.toString());
            if (old == null && present != null) {
                add(Kind.ADDED, below, "", text(present));
            } else if (old != null && present == null) {
                add(Kind.REMOVED, below, text(old), "");
            } else if (old != null && present != null && !old.equals(present)) {
                values(below, old, present);
            }
            way.removeLast();
        }
    }

    private void add(Kind kind, String path, String before, String after) {
        changes.add(new ConfigChange(kind, path, before, after, !isLive()));
    }

    private boolean isLive() {
        List<String> keys = List.copyOf(way);
        return keys.getFirst().equals(Schema.Service.ENTRIES.name())
                || (keys.size() > 2
                        && keys.getFirst().equals(Schema.VirtualRouter.ENTRIES.name())
                        && LIVE_IN_ROUTERS.contains(keys.get(2)));
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
            add(Kind.CHANGED, path, text(before), text(after));
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
                add(Kind.REMOVED, below, "", "");
            } else {
                way.addLast(name);
                maps(below, old, present);
                way.removeLast();
            }
        });
        after.keySet().stream()
                .filter(name -> !before.containsKey(name))
                .forEach(name -> add(Kind.ADDED, path + "[" + name + "]", "", ""));
        order(
                path,
                before.keySet().stream().filter(after::containsKey).toList(),
                after.keySet().stream().filter(before::containsKey).toList());
    }

    private void leaves(String path, List<?> before, List<?> after) {
        before.stream().filter(old -> !after.contains(old)).forEach(old -> add(Kind.REMOVED, path, text(old), ""));
        after.stream()
                .filter(present -> !before.contains(present))
                .forEach(present -> add(Kind.ADDED, path, "", text(present)));
        order(
                path,
                before.stream().filter(after::contains).toList(),
                after.stream().filter(before::contains).toList());
    }

    private void order(String path, List<?> before, List<?> after) {
        if (!before.equals(after)) {
            add(Kind.CHANGED, path, text(before), text(after));
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
