// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.kernel.FlowCursor;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Transport;

/** An entry of the flow table as a test wants it. */
final class FakeFlow implements FlowCursor {

    boolean tcp = true;
    boolean toClient;
    boolean other = true;
    int slot;
    int id;
    int gate;
    int state = LIVE;
    int seen;
    int otherSeen;
    boolean reset;
    boolean removed;
    int door;

    FakeFlow(int slot, int id) {
        this.slot = slot;
        this.id = id;
    }

    @Override
    public boolean isTcp() {
        return tcp;
    }

    @Override
    public boolean isToClient() {
        return toClient;
    }

    @Override
    public int slot() {
        return slot;
    }

    @Override
    public int backendId() {
        return id;
    }

    @Override
    public int gate() {
        return gate;
    }

    @Override
    public int state() {
        return state;
    }

    @Override
    public int seenTick() {
        return seen;
    }

    @Override
    public int otherSeenTick() {
        return other ? otherSeen : seen;
    }

    @Override
    public boolean hasOther() {
        return other;
    }

    @Override
    public FlowTuple tuple() {
        return new FlowTuple(Transport.TCP, Endpoint.parse("198.18.0.50:40000"), Endpoint.parse("198.18.0.100:80"));
    }

    @Override
    public int door() {
        return door;
    }

    @Override
    public void count(int newDoor) {
        door = newDoor;
        state |= COUNTED;
    }

    @Override
    public void uncount() {
        state &= ~COUNTED;
    }

    @Override
    public void remove() {
        removed = true;
    }

    @Override
    public void resetBothEnds() {
        if (removed) {
            throw new AssertionError("reset after it was removed");
        }
        reset = true;
    }
}
