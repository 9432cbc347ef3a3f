// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track;

/** The result of one look at what is tracked. */
public sealed interface Observation {

    /** What was seen, for people, such as {@code exit status 1}. */
    String detail();

    /** All is well. */
    record Good(String detail) implements Observation {}

    /** It has failed. */
    record Bad(String detail) implements Observation {}

    /** It says what is to be added to the priority. */
    record Stated(int weight, String detail) implements Observation {}

    /** Nothing can be concluded; what was known still counts. */
    record Unclear(String detail) implements Observation {}
}
