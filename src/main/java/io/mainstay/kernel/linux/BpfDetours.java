// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Detours;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;

/**
 * By the program {@code detour.bpf.o} of native/bpf, which {@code mainstay-bpf} loads and which runs on the interfaces before a
 * takeover. Loading, {@link #attach} and {@link #close} belong to one thread, {@link #open} and {@link #close(IpAddress)} to
 * another.
 */
public final class BpfDetours implements Detours, AutoCloseable {

    /** Where program and maps are pinned while this process lives. */
    public static final Path DIRECTORY = Path.of("/sys/fs/bpf/mainstay-detour");

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final BpfLoader loader;
    private final Attachment attachment;
    private final BpfMap latest;
    private final BpfMap detours;

    private long latestNanos;

    private BpfDetours(BpfLoader loader, Path directory, PinsLock lock) throws KernelException {
        this.loader = loader;
        parts.push(lock);
        try {
            attachment = new Attachment(loader, IngressFilter.DETOUR, part(NetlinkSocket.open()));
            Path maps = directory.resolve("maps");
            latest = part(BpfMap.open(maps.resolve("latest"), FlowAbi.INDEX_OCTETS, Long.BYTES));
            detours = part(BpfMap.open(maps.resolve("detours"), FlowAbi.ADDRESS_OCTETS, FlowAbi.DETOUR_OCTETS));
        } catch (KernelException e) {
            closeParts();
            throw e;
        }
    }

    /**
     * Loads what is not in the kernel yet and opens its maps.
     *
     * @param program mainstay-bpf
     * @param object detour.bpf.o
     * @param mostAddresses for how many there is to be room
     * @throws IOException with the reason: a capability or a feature that is missing, another process that has it
     */
    public static BpfDetours open(Path program, Path object, int mostAddresses) throws IOException {
        BpfLoader loader = new BpfLoader(program, object, DIRECTORY);
        loader.prepare();
        PinsLock lock = PinsLock.of(DIRECTORY)
                .orElseThrow(() ->
                        new IOException(DIRECTORY + " is another mainstayd's (expected: one mainstayd on a host)"));
        try {
            loader.load(Map.of("detours", mostAddresses));
            return new BpfDetours(loader, DIRECTORY, lock);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        } catch (KernelException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private <T extends AutoCloseable> T part(T part) {
        parts.push(part);
        return part;
    }

    /**
     * Has these interfaces run the program, as far as they are there, and no others.
     *
     * @return those that had it, until somebody took it off
     * @throws IOException with the reason of the kernel
     */
    public Set<InterfaceName> attach(Set<InterfaceName> interfaces) throws IOException {
        try {
            return attachment.attach(interfaces);
        } catch (KernelException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public void open(IpAddress address, InterfaceName leavesBy, IpAddress gateway, MonotonicInstant until, int credit) {
        Integer index = attachment.index(leavesBy);
        if (index == null) {
            return;
        }
        try {
            detours.put(FlowAbi.address(address), FlowAbi.detour(gateway, until.nanos(), index, credit));
            if (until.nanos() > latestNanos) {
                latest.put(0, FlowAbi.word(until.nanos()));
                latestNanos = until.nanos();
            }
        } catch (KernelException full) {
            // The stack resets these connections, as without a detour.
        }
    }

    @Override
    public void close(IpAddress address) {
        try {
            detours.remove(FlowAbi.address(address));
        } catch (KernelException gone) {
            // It ends by itself.
        }
    }

    /** Takes program and maps out of the kernel. */
    @Override
    public void close() throws IOException {
        try {
            loader.unload();
        } finally {
            closeParts();
        }
    }

    private void closeParts() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                throw new AssertionError("closing a descriptor throws nothing", e);
            }
        }
    }
}
