// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of one listening UDP socket, found by who sent a datagram without anything being allocated for that. Used by
 * one thread alone.
 */
final class SessionTable {

    private static final int FEWEST_CHAINS = 64;

    /** Odd constants with well-spread bits, the fractional parts of the golden ratio and of the roots of 2 and 3. */
    private static final long SPREAD_LOW = 0x9E37_79B9_7F4A_7C15L;

    private static final long SPREAD_HIGH = 0x6A09_E667_F3BC_C909L;
    private static final long SPREAD_PORT = 0xBB67_AE85_84CA_A73BL;

    private final long seed;
    private @Nullable UdpSession[] chains = new @Nullable UdpSession[FEWEST_CHAINS];
    private int size;

    /** @param seed what clients do not know, so that none can fill a chain of its choice */
    SessionTable(long seed) {
        this.seed = seed;
    }

    int size() {
        return size;
    }

    /**
     * The session of whoever sent what is in a slot.
     *
     * @param backend where its datagram goes, where a client has a session for each backend; null: it has only one
     */
    @Nullable
    UdpSession find(DatagramBatch batch, int slot, @Nullable LiveBackend backend) {
        int chain = chain(batch.peerHigh(slot), batch.peerLow(slot), batch.peerPort(slot));
        for (UdpSession session = chains[chain]; session != null; session = session.nextInChain) {
            if (session.client().sent(batch, slot) && (backend == null || session.backend() == backend)) {
                return session;
            }
        }
        return null;
    }

    void add(UdpSession session) {
        if (size >= chains.length * 3 / 4) {
            grow();
        }
        int chain = chain(session.client());
        session.nextInChain = chains[chain];
        chains[chain] = session;
        size++;
    }

    void remove(UdpSession session) {
        int chain = chain(session.client());
        UdpSession before = null;
        for (UdpSession each = chains[chain]; each != null; each = each.nextInChain) {
            if (each == session) {
                if (before == null) {
                    chains[chain] = each.nextInChain;
                } else {
                    before.nextInChain = each.nextInChain;
                }
                session.nextInChain = null;
                size--;
                return;
            }
            before = each;
        }
    }

    /** Shows every session to the visitor, which must leave the table as it is. */
    void forEach(Consumer<UdpSession> visitor) {
        for (UdpSession first : chains) {
            for (UdpSession session = first; session != null; session = session.nextInChain) {
                visitor.accept(session);
            }
        }
    }

    private void grow() {
        @Nullable UdpSession[] old = chains;
        chains = new @Nullable UdpSession[old.length * 2];
        for (UdpSession first : old) {
            UdpSession session = first;
            while (session != null) {
                UdpSession next = session.nextInChain;
                int chain = chain(session.client());
                session.nextInChain = chains[chain];
                chains[chain] = session;
                session = next;
            }
        }
    }

    private int chain(UdpClient client) {
        return chain(client.high(), client.low(), client.port());
    }

    private int chain(long high, long low, int port) {
        long hash = (low ^ seed) * SPREAD_LOW;
        hash = (hash ^ (hash >>> 32) ^ high) * SPREAD_HIGH;
        hash = (hash ^ (hash >>> 29) ^ port) * SPREAD_PORT;
        return (int) (hash ^ (hash >>> 32)) & (chains.length - 1);
    }
}
