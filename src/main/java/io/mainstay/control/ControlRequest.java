// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import java.util.List;
import java.util.Optional;

/**
 * One request of HTTP, taken apart.
 *
 * @param method such as {@code GET}
 * @param path the segments of the path, decoded
 * @param query the first value of each parameter of the query, decoded
 * @param accept the Accept header; empty if there is none
 * @param body the body as text
 */
record ControlRequest(String method, List<String> path, Query query, String accept, String body) {

    /** The parameters of a query. */
    @FunctionalInterface
    interface Query {
        Optional<String> first(String name);
    }
}
