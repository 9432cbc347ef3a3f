// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A mapping as it is written in the file: what stands behind each key, and where. What could not be read is absent, and
 * has been reported.
 */
final class WrittenSection {

    /** One value of a list, with its place and its path such as {@code services[0].listen[1]}. */
    record Item<T>(Place place, String path, T value) {}

    /**
     * What stands behind a key.
     *
     * @param value null: it could not be read
     */
    private record Written(Place place, @Nullable Object value) {}

    /** As many keys as most mappings have. */
    private static final int USUAL_KEYS = 5;

    private final String path;
    private final Place place;

    /** Each key is declared once, in the schema; to look at all that stands below it each time would cost much in a long file. */
    private final IdentityHashMap<Key, Written> written = new IdentityHashMap<>(USUAL_KEYS);

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
        written.put(key, new Written(valuePlace, null));
    }

    <T> void put(Key.Scalar<T> key, T value) {
        putValue(key, value);
    }

    <T> void put(Key.Values<T> key, List<Item<T>> items) {
        putValue(key, List.copyOf(items));
    }

    void put(Key.Section key, WrittenSection section) {
        putValue(key, section);
    }

    void put(Key.Entries key, List<WrittenSection> several) {
        putValue(key, List.copyOf(several));
    }

    private void putValue(Key key, Object value) {
        written.put(key, new Written(placeOf(key), value));
    }

    /** Null if it is absent or could not be read. */
    private @Nullable Object valueOf(Key key) {
        Written there = written.get(key);
        return there == null ? null : there.value();
    }

    String path() {
        return path;
    }

    String pathOf(Key key) {
        return pathOf(key.name());
    }

    String pathOf(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    Place place() {
        return place;
    }

    /** Where the value of the key stands, or the mapping if the key is absent. */
    Place placeOf(Key key) {
        Written there = written.get(key);
        return there == null ? place : there.place();
    }

    /** Whether the key is written, readable or not. */
    boolean has(Key key) {
        return written.containsKey(key);
    }

    /** The value as written, or the default; null if it is unreadable, or absent without a fixed default. */
    <T> @Nullable T value(Key.Scalar<T> key) {
        if (has(key)) {
            @SuppressWarnings("unchecked") // put accepts a T for a Scalar<T> and nothing else
            T value = (T) valueOf(key);
            return value;
        }
        return key.fallback() instanceof Key.Fallback.Default<T> fallback ? fallback.value() : null;
    }

    /** The values that could be read; none if the key is absent. */
    <T> List<Item<T>> items(Key.Values<T> key) {
        @SuppressWarnings("unchecked") // put accepts items of T for Values<T> and nothing else
        List<Item<T>> items = (List<Item<T>>) valueOf(key);
        return items == null ? List.of() : items;
    }

    /** What stands below the key; an empty section if the key is absent. */
    WrittenSection section(Key.Section key) {
        return valueOf(key) instanceof WrittenSection section ? section : new WrittenSection(pathOf(key), place);
    }

    /** The entries that could be read; none if the key is absent. */
    List<WrittenSection> entries(Key.Entries key) {
        @SuppressWarnings("unchecked") // put accepts sections for Entries and nothing else
        List<WrittenSection> entries = (List<WrittenSection>) valueOf(key);
        return entries == null ? List.of() : entries;
    }
}
