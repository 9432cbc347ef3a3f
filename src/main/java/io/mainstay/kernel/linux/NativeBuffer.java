// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import jnr.ffi.Memory;
import jnr.ffi.Pointer;

/**
 * Memory outside the heap, for structures that the kernel reads or writes. Of fixed size, cleared at first, freed with the
 * object. Not safe for use by several threads.
 */
final class NativeBuffer {

    private final Pointer memory;
    private final int capacity;

    NativeBuffer(int capacity) {
        this.memory = Memory.allocateDirect(LinuxCalls.runtime(), capacity, true);
        this.capacity = capacity;
    }

    static NativeBuffer of(byte[] octets) {
        NativeBuffer buffer = new NativeBuffer(octets.length);
        buffer.put(octets);
        return buffer;
    }

    Pointer pointer() {
        return memory;
    }

    int capacity() {
        return capacity;
    }

    /** Where the memory stands, for a structure that points to another. */
    long address() {
        return memory.address();
    }

    /** Writes from the start of the buffer. */
    void put(byte[] octets) {
        memory.put(0, octets, 0, octets.length);
    }

    void put(int offset, byte[] octets) {
        memory.put(offset, octets, 0, octets.length);
    }

    /** Reads from the start of the buffer. */
    byte[] get(int length) {
        return get(0, length);
    }

    void putShort(int offset, int value) {
        memory.putShort(offset, (short) value);
    }

    int getShort(int offset) {
        return memory.getShort(offset);
    }

    void putInt(int offset, int value) {
        memory.putInt(offset, value);
    }

    int getInt(int offset) {
        return memory.getInt(offset);
    }

    long getLong(int offset) {
        return memory.getLong(offset);
    }

    /** Reads from anywhere in the buffer. */
    byte[] get(int offset, int length) {
        byte[] octets = new byte[length];
        memory.get(offset, octets, 0, length);
        return octets;
    }

    void putLong(int offset, long value) {
        memory.putLong(offset, value);
    }
}
