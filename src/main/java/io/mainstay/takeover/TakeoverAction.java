// SPDX-License-Identifier: Apache-2.0
package io.mainstay.takeover;

import io.mainstay.net.IpAddress;
import io.mainstay.net.VirtualAddress;

/** One thing to do for gaining or giving up the addresses. Each one is reported back as done or failed. */
public sealed interface TakeoverAction {

    /** Put the address on the interface. */
    record AddAddress(VirtualAddress address) implements TakeoverAction {}

    /** Take the address off the interface. */
    record RemoveAddress(VirtualAddress address) implements TakeoverAction {}

    /** Leave the address on the interface, where it is an owner's by right, but serve it no more. */
    record LeaveAddress(VirtualAddress address) implements TakeoverAction {}

    /** Tell the neighbours that the address is here. */
    record Announce(IpAddress address) implements TakeoverAction {}

    /** Ask whether another host has the address; an answer comes as a claim. */
    record Probe(IpAddress address) implements TakeoverAction {}

    /** Let clients in on all addresses. */
    record OpenServices() implements TakeoverAction {}

    /** Let no more clients in, and reset those that are there. */
    record CloseServices() implements TakeoverAction {}

    /** Let the connections that are there live on without the addresses, which a successor has. */
    record DrainServices() implements TakeoverAction {}
}
