// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

/** The daemon could not be asked. Its message is one clause for the operator, without the socket's name. */
public final class ControlClientException extends Exception {

    private static final long serialVersionUID = 1L;

    /** How far it got. */
    public enum Kind {
        /** Nobody listens on the socket, or there is none. */
        UNREACHABLE,
        /** The permissions of the socket keep the caller out. */
        NOT_PERMITTED,
        /** Connected, but no whole answer came. */
        NO_ANSWER
    }

    private final Kind kind;

    ControlClientException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
