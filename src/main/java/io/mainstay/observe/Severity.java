// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

/** How much an event asks of the operator. */
public enum Severity {
    /** Worth knowing afterwards. */
    INFO,
    /** Something is not as it should be, but is being served. */
    WARNING,
    /** Something is not being served, or soon will not be. */
    ERROR
}
