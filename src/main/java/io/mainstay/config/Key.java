// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.util.List;

/** One key of the configuration: its name, what may stand behind it, and a sentence about it. */
sealed interface Key {

    String name();

    /** What it is for, one or two sentences. */
    String doc();

    /**
     * A key with a single value.
     *
     * @param fallback what holds if the key is absent
     */
    record Scalar<T>(String name, ScalarType<T> type, Fallback<T> fallback, String doc) implements Key {}

    /**
     * A key with a list of values.
     *
     * @param least how many there must be; zero: the key may be absent
     * @param most how many may stand there
     * @param loneValue whether a single value may stand there without being a list
     */
    record Values<T>(String name, ScalarType<T> type, int least, int most, boolean loneValue, String doc)
            implements Key {

        /** A list that has to be there. */
        Values(String name, ScalarType<T> type, int most, boolean loneValue, String doc) {
            this(name, type, 1, most, loneValue, doc);
        }
    }

    /** A key with further keys below it, each of which has a default. */
    record Section(String name, List<Key> keys, String doc) implements Key {}

    /**
     * A key with a list of entries, each with the same keys.
     *
     * @param least how many there must be; zero: the key may be absent
     * @param most how many there may be
     * @param loneEntry whether a single entry may stand there without being a list; the key may then be absent, which is an
     *     entry of nothing but defaults
     */
    record Entries(String name, List<Key> keys, int least, int most, boolean loneEntry, String doc) implements Key {

        /** Always a list. */
        public Entries(String name, List<Key> keys, int least, int most, String doc) {
            this(name, keys, least, most, false, doc);
        }
    }

    /** What holds if a key is absent. */
    sealed interface Fallback<T> {

        /** The key must be there. */
        record Required<T>() implements Fallback<T> {}

        /** A value. */
        record Default<T>(T value) implements Fallback<T> {}

        /**
         * A value that depends on something else.
         *
         * @param rule how it is found, for the manual
         */
        record Derived<T>(String rule) implements Fallback<T> {}
    }

    /** A value that must be given. */
    static <T> Scalar<T> required(String name, ScalarType<T> type, String doc) {
        return new Scalar<>(name, type, new Fallback.Required<>(), doc);
    }

    /** A value that may be left out. */
    static <T> Scalar<T> optional(String name, ScalarType<T> type, T fallback, String doc) {
        return new Scalar<>(name, type, new Fallback.Default<>(fallback), doc);
    }

    /** A value that is found by a rule if it is left out. */
    static <T> Scalar<T> derived(String name, ScalarType<T> type, String rule, String doc) {
        return new Scalar<>(name, type, new Fallback.Derived<>(rule), doc);
    }
}
