// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * A socket in memory with the manners of the real one: readiness is told on change alone, writes are cut short by a window,
 * and the first call after a reset takes the error away.
 */
final class SimulatedSocket implements StreamSocket {

    /** Why connects fail. */
    static final String FAILURE = "no route to the simulated host";

    private static final byte[] URGENT = {};

    private Listener listener;
    private final Deque<byte[]> incoming = new ArrayDeque<>();
    private final ByteArrayOutputStream outgoing = new ByteArrayOutputStream();
    private final List<String> deeds = new ArrayList<>();
    private boolean finSent;
    private boolean resetByPeer;
    private boolean errorTaken;
    private int window = Integer.MAX_VALUE;
    private boolean wantsWritable;
    private boolean writeWasShort;
    private boolean allDelivered = true;
    private long acknowledged;
    private boolean expectsFinish;
    private int writtenBeforePrompt = -1;
    private int reads;
    private int splices;
    private boolean refusesSplice;
    private int tellAgains;

    SimulatedSocket(Listener listener) {
        this.listener = listener;
    }

    // What the peer and the kernel do.

    void connected() {
        listener.onReady(Readiness.OUT);
    }

    void connectFailed() {
        resetByPeer = true;
        listener.onReady(Readiness.ERR | Readiness.HUP | Readiness.OUT);
    }

    void arrive(byte... octets) {
        incoming.addLast(octets);
        listener.onReady(Readiness.IN);
    }

    /** Octets that are there before anybody is told. */
    void arriveSilently(byte... octets) {
        incoming.addLast(octets);
    }

    /** Octets before and behind an urgent one, which itself is not in the stream. */
    void arriveAroundUrgent(byte[] before, byte[] behind) {
        incoming.addLast(before);
        incoming.addLast(URGENT);
        incoming.addLast(behind);
        listener.onReady(Readiness.IN | Readiness.PRI);
    }

    /** An urgent octet with others behind it, of which nobody has been told yet. */
    void arriveUrgentSilently(byte... behind) {
        incoming.addLast(URGENT);
        incoming.addLast(behind);
    }

    void tellOfUrgent() {
        listener.onReady(Readiness.IN | Readiness.PRI);
    }

    void peerFinishes() {
        finSent = true;
        listener.onReady(Readiness.IN | Readiness.RDHUP);
    }

    void peerResets() {
        resetByPeer = true;
        listener.onReady(Readiness.IN | Readiness.RDHUP | Readiness.ERR | Readiness.HUP);
    }

    /** The peer resets, but the kernel has not told yet. */
    void peerResetsSilently() {
        resetByPeer = true;
    }

    void refuseSplice() {
        refusesSplice = true;
    }

    void limitWindow(int octets) {
        window = octets;
    }

    void openWindow(int octets) {
        window = octets;
        if (writeWasShort && wantsWritable) {
            writeWasShort = false;
            wantsWritable = false;
            listener.onReady(Readiness.OUT);
        }
    }

    void keepUndelivered() {
        allDelivered = false;
    }

    /** The peer's kernel has taken some more. */
    void acknowledge(int octets) {
        acknowledged += octets;
    }

    void deliverAll() {
        allDelivered = true;
    }

    // What the test looks at.

    byte[] written() {
        return outgoing.toByteArray();
    }

    /** FIN, CLOSE and RST in the order in which the relay did them, each with the number of octets written before. */
    List<String> deeds() {
        return deeds;
    }

    int reads() {
        return reads;
    }

    /** Whether the relay said that the FIN follows what it writes. */
    boolean expectsFinish() {
        return expectsFinish;
    }

    /** How many octets it had got when the relay asked for prompt acknowledgements; -1: it never did. */
    int writtenBeforePrompt() {
        return writtenBeforePrompt;
    }

    /** How often it was read into a pipe. */
    int splices() {
        return splices;
    }

    int tellAgains() {
        return tellAgains;
    }

    boolean isClosed() {
        return deeds.stream().anyMatch(deed -> deed.startsWith("CLOSE") || deed.startsWith("RST"));
    }

    // What the relay does.

    @Override
    public String failure() {
        return FAILURE;
    }

    @Override
    public int read(Block into) {
        requireOpen();
        reads++;
        byte[] next = incoming.pollFirst();
        while (next != null && isUrgent(next)) {
            next = incoming.pollFirst();
        }
        if (next == null) {
            return withoutOctets();
        }
        int filled = 0;
        while (next != null && next.length > 0) {
            int taken = Math.min(next.length, into.capacity() - filled);
            into.bytes().put(filled, next, 0, taken);
            filled += taken;
            if (taken < next.length) {
                byte[] rest = new byte[next.length - taken];
                System.arraycopy(next, taken, rest, 0, rest.length);
                incoming.addFirst(rest);
                break;
            }
            next = incoming.pollFirst();
        }
        return filled;
    }

    private static boolean isUrgent(byte[] piece) {
        return piece.length == 0;
    }

    private int withoutOctets() {
        if (resetByPeer) {
            boolean first = !errorTaken;
            errorTaken = true;
            return first ? BROKEN : FINISHED;
        }
        return finSent ? FINISHED : NOTHING;
    }

    @Override
    public int read(Pipe into) {
        requireOpen();
        if (refusesSplice) {
            return REFUSED;
        }
        if (into.held() > 0) {
            throw new AssertionError("a pipe that is not empty may be full: nothing read would mean nothing");
        }
        splices++;
        SimulatedPipe pipe = (SimulatedPipe) into;
        while (!incoming.isEmpty() && !isUrgent(incoming.getFirst())) {
            byte[] next = incoming.removeFirst();
            int taken = pipe.put(next);
            if (taken < next.length) {
                incoming.addFirst(Arrays.copyOfRange(next, taken, next.length));
                break;
            }
        }
        if (pipe.held() > 0) {
            return pipe.held();
        }
        return incoming.isEmpty() ? withoutOctets() : NOTHING;
    }

    @Override
    public int write(Pipe from) {
        int taken = roomFor(from.held());
        if (taken != BROKEN) {
            outgoing.writeBytes(((SimulatedPipe) from).take(taken));
        }
        return taken;
    }

    @Override
    public int peek(Block into) {
        int count = read(into);
        reads--;
        if (count > 0) {
            byte[] seen = new byte[count];
            into.bytes().get(0, seen);
            incoming.addFirst(seen);
        }
        return count;
    }

    @Override
    public boolean skip(int count, Block into) {
        byte[] all = new byte[0];
        while (all.length < count) {
            byte[] next = incoming.removeFirst();
            byte[] longer = Arrays.copyOf(all, all.length + next.length);
            System.arraycopy(next, 0, longer, all.length, next.length);
            all = longer;
        }
        if (all.length > count) {
            incoming.addFirst(Arrays.copyOfRange(all, count, all.length));
        }
        return true;
    }

    @Override
    public void setListener(Listener newListener) {
        listener = newListener;
    }

    @Override
    public int write(Block block, int from, int to) {
        int taken = roomFor(to - from);
        if (taken != BROKEN) {
            byte[] octets = new byte[taken];
            block.bytes().get(from, octets);
            outgoing.writeBytes(octets);
        }
        return taken;
    }

    private int roomFor(int count) {
        requireOpen();
        if (resetByPeer) {
            errorTaken = true;
            return BROKEN;
        }
        int taken = Math.min(count, window);
        window -= taken;
        writeWasShort = taken < count;
        return taken;
    }

    @Override
    public void expectFinish() {
        requireOpen();
        expectsFinish = true;
    }

    @Override
    public void acknowledgePromptly() {
        requireOpen();
        writtenBeforePrompt = outgoing.size();
    }

    @Override
    public void finishOutput() {
        requireOpen();
        deeds.add("FIN after " + outgoing.size());
    }

    @Override
    public void tellWritable() {
        wantsWritable = true;
    }

    @Override
    public void tellAgain() {
        tellAgains++;
    }

    /** Serves what {@link #tellAgain} asked for. */
    void tellNow() {
        listener.onReady(Readiness.IN);
    }

    @Override
    public boolean isAllDelivered() {
        return allDelivered;
    }

    @Override
    public long acknowledged() {
        return acknowledged;
    }

    @Override
    public void close() {
        deeds.add("CLOSE after " + outgoing.size());
    }

    @Override
    public void reset() {
        deeds.add("RST after " + outgoing.size());
    }

    private void requireOpen() {
        if (isClosed()) {
            throw new AssertionError("used after it was closed: " + deeds);
        }
    }
}
