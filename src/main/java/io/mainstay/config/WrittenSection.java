// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A mapping as it is written in the file: what stands behind each key, and where. What could not be read is absent, and
 * has been reported.
 */
final class WrittenSection {

    /** One value of a list, with its place and its path such as {@code services[0].listen[1]}. */
    record Item<T>(Place place, String path, T value) {}

    private final String path;
    private final Place place;
    private final Map<Key, Place> places = new HashMap<>();
    private final Map<Key.Scalar<?>, Object> scalars = new HashMap<>();
    private final Map<Key.Values<?>, List<?>> values = new HashMap<>();
    private final Map<Key.Section, WrittenSection> sections = new HashMap<>();
    private final Map<Key.Entries, List<WrittenSection>> entries = new HashMap<>();

    /**
     * @param path the path of the mapping, such as {@code services[0]}; empty for the whole file
     * @param place where it starts
     */
    WrittenSection(String path, Place place) {
        this.path = path;
        this.place = place;
    }

    /** Says that the key is there; a value follows if it can be read. */
    void found(Key key, Place valuePlace) {
        places.put(key, valuePlace);
    }

    <T> void put(Key.Scalar<T> key, T value) {
        scalars.put(key, value);
    }

    <T> void put(Key.Values<T> key, List<Item<T>> items) {
        values.put(key, List.copyOf(items));
    }

    void put(Key.Section key, WrittenSection section) {
        sections.put(key, section);
    }

    void put(Key.Entries key, List<WrittenSection> several) {
        entries.put(key, List.copyOf(several));
    }

    String path() {
        return path;
    }

    String pathOf(Key key) {
        return path.isEmpty() ? key.name() : path + "." + key.name();
    }

    Place place() {
        return place;
    }

    /** Where the value of the key stands, or the mapping if the key is absent. */
    Place placeOf(Key key) {
        return places.getOrDefault(key, place);
    }

    /** Whether the key is written, readable or not. */
    boolean has(Key key) {
        return places.containsKey(key);
    }

    /** The value as written, or the default; null if it is unreadable, or absent without a fixed default. */
    <T> @Nullable T value(Key.Scalar<T> key) {
        if (has(key)) {
            @SuppressWarnings("unchecked") // put accepts a T for a Scalar<T> and nothing else
            T written = (T) scalars.get(key);
            return written;
        }
        return key.fallback() instanceof Key.Fallback.Default<T> fallback ? fallback.value() : null;
    }

    /** The values that could be read; none if the key is absent. */
    <T> List<Item<T>> items(Key.Values<T> key) {
        @SuppressWarnings("unchecked") // put accepts items of T for Values<T> and nothing else
        List<Item<T>> written = (List<Item<T>>) values.getOrDefault(key, List.of());
        return written;
    }

    /** What stands below the key; an empty section if the key is absent. */
    WrittenSection section(Key.Section key) {
        return sections.getOrDefault(key, new WrittenSection(pathOf(key), place));
    }

    /** The entries that could be read; none if the key is absent. */
    List<WrittenSection> entries(Key.Entries key) {
        return entries.getOrDefault(key, List.of());
    }
}
