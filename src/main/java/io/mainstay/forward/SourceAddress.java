// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

/** Whose address the backends see as that of their peer. */
public enum SourceAddress {
    /** That of this node. */
    NODE,
    /** That of the client: answers must find their way back through this node. */
    CLIENT
}
