// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.net.InterfaceName;
import io.mainstay.time.MonotonicInstant;
import java.util.Optional;

/**
 * Something that an operator should know though it changes no state.
 *
 * @param router the virtual router that it is about; empty if it is about the interface as such
 * @param label the stable word for logs and machine-readable output
 * @param sentence what happened, for people, without a full stop
 */
public record RouterNotice(
        Optional<String> router, InterfaceName interfaceName, String label, String sentence, MonotonicInstant at) {}
