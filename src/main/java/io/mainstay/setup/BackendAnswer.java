// SPDX-License-Identifier: Apache-2.0
package io.mainstay.setup;

import io.mainstay.net.Endpoint;
import java.util.Optional;

/**
 * A backend as it is named to the guided start.
 *
 * @param name how people call it; empty: by its address
 */
public record BackendAnswer(Optional<String> name, Endpoint address) {

    @Override
    public String toString() {
        return name.map(given -> given + "=").orElse("") + address;
    }
}
