// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel;

import io.mainstay.net.Endpoint;
import io.mainstay.net.Transport;

/** One direction of a flow, as its packets look on arrival. */
public record FlowTuple(Transport transport, Endpoint source, Endpoint destination) {}
