// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

/** What came of listening on a segment. */
public sealed interface Listening {

    /** It was listened, though perhaps not over each family. */
    record Heard(Segment segment) implements Listening {}

    /**
     * It could not be listened.
     *
     * @param why the operation that the kernel refused, for people
     * @param forbidden whether somebody with more privileges might
     */
    record Refused(String why, boolean forbidden) implements Listening {}
}
