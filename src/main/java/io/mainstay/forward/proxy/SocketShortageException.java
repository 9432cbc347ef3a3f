// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.io.IOException;

/** This node has no descriptor or memory left for another socket; no backend is to blame. */
final class SocketShortageException extends IOException {

    private static final long serialVersionUID = 1L;

    SocketShortageException(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
