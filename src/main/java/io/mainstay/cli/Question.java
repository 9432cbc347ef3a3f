// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import java.util.Optional;
import java.util.function.Function;

/**
 * Something that a command has to know.
 *
 * @param option by which the answer may be given on the command line
 * @param prompt as it is asked
 * @param standard the answer unless another one is given; empty: there is none
 * @param reader makes the value of an answer, or throws {@link IllegalArgumentException} with what is wrong with it
 */
record Question<T>(String option, String prompt, Optional<String> standard, Function<String, T> reader) {}
