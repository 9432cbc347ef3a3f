// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.Endpoint;
import io.mainstay.net.Transport;

/**
 * Where clients arrive.
 *
 * @param endpoint address and port; the address need not stand on an interface yet
 * @param transport TCP or UDP
 */
public record ListenerConfig(Endpoint endpoint, Transport transport) {}
