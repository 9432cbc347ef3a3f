// SPDX-License-Identifier: Apache-2.0
package io.mainstay.net;

/** The transport protocol of a listener or flow. */
public enum Transport {
    TCP,
    UDP
}
