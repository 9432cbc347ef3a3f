// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

/** A request that the daemon understood and does not carry out. Its message is one sentence for the operator. */
public final class ControlRefusal extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Why, with the status code of HTTP that says so. */
    public enum Reason {
        /** The request itself is wrong. */
        INVALID(400),
        /** The caller may not do this. */
        NOT_PERMITTED(403),
        /** What it names does not exist. */
        NOT_FOUND(404),
        /** The state of the node does not allow it, such as a switchover on a node that is not Active. */
        CONFLICT(409),
        /** It was not done in time. */
        TIMEOUT(504),
        /** The daemon is starting or stopping. */
        UNAVAILABLE(503);

        private final int status;

        Reason(int status) {
            this.status = status;
        }

        public int status() {
            return status;
        }
    }

    private final Reason reason;

    public ControlRefusal(Reason reason, String message) {
        // No stack trace: this is an answer, not a defect.
        super(message, null, false, false);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
