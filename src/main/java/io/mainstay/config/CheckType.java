// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

/** What a health check tries. */
enum CheckType {
    TCP,
    HTTP,
    HTTPS,
    TLS,
    UDP,
    DNS,
    EXEC
}
