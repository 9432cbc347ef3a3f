// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A part of the new configuration under construction, which remembers the directive that it comes from. */
sealed interface Draft {

    /** The directive that this comes from. */
    Directive from();

    /** The same as maps, lists and leaves. */
    Object tree();

    /**
     * A single value.
     *
     * @param value a String, an Integer or a Boolean
     * @param refused what to tell if the configuration does not take it; empty: what the configuration says
     */
    record Leaf(Object value, Directive from, String refused) implements Draft {
        @Override
        public Object tree() {
            return value;
        }
    }

    /** Keys with what stands behind each. */
    final class Section implements Draft {

        private final Directive from;
        private final boolean whole;
        private final Map<String, Draft> keys = new LinkedHashMap<>();

        /** @param whole whether it means nothing any more if one of its keys is refused */
        Section(Directive from, boolean whole) {
            this.from = from;
            this.whole = whole;
        }

        static Section of(Directive from) {
            return new Section(from, false);
        }

        Section put(String key, Object value, Directive origin) {
            return put(key, value, origin, "");
        }

        Section put(String key, Object value, Directive origin, String refused) {
            keys.put(key, new Leaf(value, origin, refused));
            return this;
        }

        Section put(String key, Draft below) {
            keys.put(key, below);
            return this;
        }

        /** The list behind the key, which is made if it is not there yet. */
        Items items(String key, Directive origin) {
            return items(key, origin, false);
        }

        /** As {@link #items}: one without which this section would mean something else. */
        Items neededItems(String key, Directive origin) {
            return items(key, origin, true);
        }

        private Items items(String key, Directive origin, boolean needed) {
            if (keys.get(key) instanceof Items there) {
                return there;
            }
            Items made = new Items(origin, needed);
            keys.put(key, made);
            return made;
        }

        /** The section behind the key, which is made if it is not there yet. */
        Section section(String key, Directive origin) {
            if (keys.get(key) instanceof Section there) {
                return there;
            }
            Section made = of(origin);
            keys.put(key, made);
            return made;
        }

        boolean isWhole() {
            return whole;
        }

        boolean has(String key) {
            return keys.containsKey(key);
        }

        Map<String, Draft> keys() {
            return keys;
        }

        @Override
        public Directive from() {
            return from;
        }

        @Override
        public Map<String, Object> tree() {
            Map<String, Object> tree = new LinkedHashMap<>();
            keys.forEach((key, draft) -> tree.put(key, draft.tree()));
            return tree;
        }
    }

    /** A list. */
    final class Items implements Draft {

        private final Directive from;
        private final boolean needed;
        private final List<Draft> items = new ArrayList<>();

        /** @param needed whether what is around it would mean something else without any of it */
        Items(Directive from, boolean needed) {
            this.from = from;
            this.needed = needed;
        }

        boolean isNeeded() {
            return needed;
        }

        void add(Draft item) {
            items.add(item);
        }

        void add(Object value, Directive origin) {
            items.add(new Leaf(value, origin, ""));
        }

        List<Draft> items() {
            return items;
        }

        @Override
        public Directive from() {
            return from;
        }

        @Override
        public Object tree() {
            return items.stream().map(Draft::tree).toList();
        }
    }
}
