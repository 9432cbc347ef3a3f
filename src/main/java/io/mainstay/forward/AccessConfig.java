// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.Prefix;
import java.util.List;

/**
 * Who may use a service. Of all networks that hold a client the smallest decides; a network that stands in both lists is
 * denied. Who stands in no network may come if {@code allow} is empty.
 *
 * @param allow who may; empty: everybody whom {@code deny} does not name
 * @param deny who may not
 */
public record AccessConfig(List<Prefix> allow, List<Prefix> deny) {

    public static final AccessConfig EVERYBODY = new AccessConfig(List.of(), List.of());

    public AccessConfig {
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
    }
}
