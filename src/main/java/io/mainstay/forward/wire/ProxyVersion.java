// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.wire;

/** The two forms of the PROXY protocol's header. */
public enum ProxyVersion {
    /** A line of text. */
    V1,
    /** Octets, with room for more than addresses. */
    V2
}
