// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.io.IOException;

/** A backend was to see the address of its client, and the kernel lets no socket of this node speak from that. */
final class ClientAddressException extends IOException {

    private static final long serialVersionUID = 1L;

    ClientAddressException(IOException cause) {
        super(cause);
    }
}
