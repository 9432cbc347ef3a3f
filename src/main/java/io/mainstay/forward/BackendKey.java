// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.Endpoint;

/** Tells a backend from every other one of the node: one of the same name at another address is another one. */
public record BackendKey(String service, String backend, Endpoint address) {}
