// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Prefix;
import java.util.Arrays;

/**
 * An {@link AccessConfig} in the form in which it is looked up: one step for each network that holds the client, at most,
 * whatever the number of entries. Immutable; any thread.
 *
 * <p>A binary trie without the nodes that would have a single child and no verdict (Morrison, PATRICIA, 1968), in arrays:
 * about 30 octets for each entry, twice that at worst.
 */
public final class AccessList {

    private static final int NONE = -1;

    private static final byte UNDECIDED = 0;
    private static final byte ALLOWED = 1;
    private static final byte DENIED = 2;

    private final Trie ipv4 = new Trie();
    private final Trie ipv6 = new Trie();
    private final boolean allowsOthers;

    public AccessList(AccessConfig config) {
        allowsOthers = config.allow().isEmpty();
        config.allow().forEach(prefix -> trie(prefix.address()).put(prefix, ALLOWED));
        // Behind the others, so that it stands where both do.
        config.deny().forEach(prefix -> trie(prefix.address()).put(prefix, DENIED));
        ipv4.trim();
        ipv6.trim();
    }

    private Trie trie(IpAddress address) {
        return address instanceof Ipv4Address ? ipv4 : ipv6;
    }

    public boolean allows(IpAddress client) {
        byte verdict = trie(client).find(Prefix.highBits(client), Prefix.lowBits(client));
        return verdict == ALLOWED || (verdict == UNDECIDED && allowsOthers);
    }

    private static final class Trie {

        private long[] high = new long[0];
        private long[] low = new long[0];
        private short[] length = new short[0];
        private int[] zero = new int[0];
        private int[] one = new int[0];
        private byte[] verdict = new byte[0];
        private int size;
        private int root = NONE;

        byte find(long addressHigh, long addressLow) {
            byte found = UNDECIDED;
            int node = root;
            while (node != NONE && covers(node, addressHigh, addressLow)) {
                if (verdict[node] != UNDECIDED) {
                    found = verdict[node];
                }
                node = bit(addressHigh, addressLow, length[node]) ? one[node] : zero[node];
            }
            return found;
        }

        private boolean covers(int node, long addressHigh, long addressLow) {
            return ((addressHigh ^ high[node]) & Prefix.highMask(length[node])) == 0
                    && ((addressLow ^ low[node]) & Prefix.lowMask(length[node])) == 0;
        }

        /** The bit of that number, from 0; of an address that has no more bits any. */
        private static boolean bit(long addressHigh, long addressLow, int number) {
            return number < 64 ? addressHigh << number < 0 : addressLow << (number - 64) < 0;
        }

        void put(Prefix prefix, byte newVerdict) {
            long newHigh = Prefix.highBits(prefix.address());
            long newLow = Prefix.lowBits(prefix.address());
            int parent = NONE;
            int node = root;
            while (node != NONE && length[node] < prefix.length() && covers(node, newHigh, newLow)) {
                parent = node;
                node = bit(newHigh, newLow, length[node]) ? one[node] : zero[node];
            }
            if (node == NONE) {
                hang(parent, add(newHigh, newLow, prefix.length(), newVerdict));
                return;
            }
            int shared = Math.min(commonLength(node, newHigh, newLow), Math.min(prefix.length(), length[node]));
            if (shared == length[node] && shared == prefix.length()) {
                verdict[node] = newVerdict;
            } else if (shared == prefix.length()) {
                int added = add(newHigh, newLow, prefix.length(), newVerdict);
                hang(added, node);
                hang(parent, added);
            } else {
                int fork = add(newHigh & Prefix.highMask(shared), newLow & Prefix.lowMask(shared), shared, UNDECIDED);
                hang(fork, node);
                hang(fork, add(newHigh, newLow, prefix.length(), newVerdict));
                hang(parent, fork);
            }
        }

        private int commonLength(int node, long otherHigh, long otherLow) {
            int common = Long.numberOfLeadingZeros(otherHigh ^ high[node]);
            return common < 64 ? common : 64 + Long.numberOfLeadingZeros(otherLow ^ low[node]);
        }

        private void hang(int parent, int child) {
            if (parent == NONE) {
                root = child;
            } else if (bit(high[child], low[child], length[parent])) {
                one[parent] = child;
            } else {
                zero[parent] = child;
            }
        }

        private int add(long newHigh, long newLow, int newLength, byte newVerdict) {
            if (size == verdict.length) {
                resize(Math.max(16, size * 2));
            }
            high[size] = newHigh;
            low[size] = newLow;
            length[size] = (short) newLength;
            zero[size] = NONE;
            one[size] = NONE;
            verdict[size] = newVerdict;
            return size++;
        }

        void trim() {
            resize(size);
        }

        private void resize(int capacity) {
            high = Arrays.copyOf(high, capacity);
            low = Arrays.copyOf(low, capacity);
            length = Arrays.copyOf(length, capacity);
            zero = Arrays.copyOf(zero, capacity);
            one = Arrays.copyOf(one, capacity);
            verdict = Arrays.copyOf(verdict, capacity);
        }
    }
}
