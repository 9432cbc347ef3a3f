// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.nio.file.Path;

/**
 * How the daemon is controlled.
 *
 * @param socket absolute path of the unix socket, at most {@link #LONGEST_SOCKET_PATH} bytes
 */
public record ControlSettings(Path socket) {

    /**
     * What {@code sockaddr_un} leaves of its 108 bytes (unix(7)) after the closing NUL and the four bytes of the suffix
     * under which the socket is made before it gets its name.
     */
    public static final int LONGEST_SOCKET_PATH = 103;
}
