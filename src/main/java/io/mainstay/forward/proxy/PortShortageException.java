// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.io.IOException;

/** This node has no port left from which it could connect to a backend; to another one it may have, and none is to blame. */
final class PortShortageException extends IOException {

    private static final long serialVersionUID = 1L;

    PortShortageException(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
