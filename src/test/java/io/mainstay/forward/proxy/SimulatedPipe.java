// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** A pipe in memory with the manners of the real one: it is full when each of its pages holds something, be that one octet. */
final class SimulatedPipe extends Pipe {

    private static final int PAGE = 4096;
    private static final int PAGES = 64;

    private final Deque<byte[]> pages = new ArrayDeque<>();

    private SimulatedPipe() {
        super(-1, -1, PAGES * PAGE);
    }

    /** Puts in as many octets as there are pages for, none of which holds octets that were put in before; how many. */
    int put(byte[] octets) {
        int count = 0;
        while (count < octets.length && pages.size() < PAGES) {
            int end = Math.min(octets.length, count + PAGE);
            pages.addLast(Arrays.copyOfRange(octets, count, end));
            count = end;
        }
        filled(count);
        return count;
    }

    /** Takes so many octets out. */
    byte[] take(int count) {
        byte[] taken = new byte[count];
        int done = 0;
        while (done < count) {
            byte[] page = pages.removeFirst();
            int part = Math.min(page.length, count - done);
            System.arraycopy(page, 0, taken, done, part);
            done += part;
            if (part < page.length) {
                pages.addFirst(Arrays.copyOfRange(page, part, page.length));
            }
        }
        emptied(count);
        return taken;
    }

    /** Where they come from. */
    static final class Source implements PipeSource {

        private final Set<Pipe> open = new HashSet<>();
        private int attempts;
        private boolean exhausted;

        /** No more can be opened. */
        void exhaust() {
            exhausted = true;
        }

        /** More can be opened again. */
        void recover() {
            exhausted = false;
        }

        /** How many are open. */
        int count() {
            return open.size();
        }

        /** How often one was to be opened. */
        int attempts() {
            return attempts;
        }

        @Override
        public Pipe open() throws IOException {
            attempts++;
            if (exhausted) {
                throw new IOException("pipe2(..) failed: Too many open files");
            }
            Pipe pipe = new SimulatedPipe();
            open.add(pipe);
            return pipe;
        }

        @Override
        public void close(Pipe pipe) {
            if (!open.remove(pipe)) {
                throw new AssertionError("closed twice");
            }
        }
    }
}
