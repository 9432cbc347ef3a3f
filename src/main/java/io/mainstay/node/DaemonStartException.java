// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

/** The daemon cannot start. Its message is one sentence for the operator: what, where, and the reason. */
final class DaemonStartException extends Exception {

    private static final long serialVersionUID = 1L;

    DaemonStartException(String message) {
        super(message);
    }

    DaemonStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
