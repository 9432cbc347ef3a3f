// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import io.mainstay.net.IpAddress;
import java.util.Optional;

/**
 * Asks to forget clients that keep their backends. Their connections live on.
 *
 * @param service name of the service
 * @param backend only those of this backend; empty: of any
 * @param client only this one; empty: all of them
 */
public record PersistenceClearRequest(String service, Optional<String> backend, Optional<IpAddress> client) {}
