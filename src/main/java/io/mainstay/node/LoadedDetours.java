// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.Detours;
import io.mainstay.kernel.linux.BpfDetours;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.time.MonotonicInstant;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The detour that is shipped with the daemon, loaded on a thread of its own while the rest of it starts. Where it cannot be
 * loaded, connections that the former Active kept are reset here.
 */
final class LoadedDetours implements Detours, AutoCloseable {

    /** Interfaces may come late, or be replaced. */
    private static final long LOOK_SECONDS = 5;

    private static final long PATIENCE_SECONDS = 2;

    /** For documentation (RFC 5737). */
    private static final IpAddress NOBODY = IpAddress.parse("192.0.2.1");

    private final Set<InterfaceName> interfaces;
    private final int mostAddresses;
    private final Consumer<String> problems;
    private final Consumer<String> news;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("detour").daemon().factory());
    private volatile @Nullable BpfDetours loaded;
    private final CompletableFuture<@Nullable Void> tried = new CompletableFuture<>();
    private boolean told;

    private LoadedDetours(
            Set<InterfaceName> interfaces, int mostAddresses, Consumer<String> problems, Consumer<String> news) {
        this.interfaces = Set.copyOf(interfaces);
        this.mostAddresses = mostAddresses;
        this.problems = problems;
        this.news = news;
    }

    /**
     * Loads it.
     *
     * @param problems is told once, by another thread, why it cannot be
     * @param news is told, by another thread, what was amiss and is well again
     */
    static LoadedDetours start(
            Set<InterfaceName> interfaces, int mostAddresses, Consumer<String> problems, Consumer<String> news) {
        LoadedDetours detours = new LoadedDetours(interfaces, mostAddresses, problems, news);
        detours.thread.execute(detours::load);
        var unused =
                detours.thread.scheduleWithFixedDelay(detours::attach, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
        return detours;
    }

    private void load() {
        try {
            BpfDetours opened = BpfDetours.open(
                    Installation.program("mainstay-bpf"), Installation.library("detour.bpf.o"), mostAddresses);
            try {
                opened.attach(interfaces);
                rehearse(opened);
                loaded = opened;
            } finally {
                if (loaded == null) {
                    opened.close();
                }
            }
        } catch (IOException | RuntimeException e) {
            tell(e);
        } finally {
            tried.complete(null);
        }
    }

    /** Waits until it is loaded, or cannot be; not for long, since it is no reason not to serve. */
    void await() {
        tried.completeOnTimeout(null, PATIENCE_SECONDS, TimeUnit.SECONDS).join();
    }

    /** Goes the way of a takeover in vain, so that the first one links nothing. */
    private void rehearse(BpfDetours opened) {
        for (InterfaceName name : interfaces) {
            opened.open(NOBODY, name, NOBODY, new MonotonicInstant(0), 0);
        }
        opened.close(NOBODY);
    }

    private void attach() {
        BpfDetours present = loaded;
        try {
            if (present != null) {
                for (InterfaceName name : present.attach(interfaces)) {
                    news.accept("somebody had taken the filter of the detour off " + name
                            + " (tc filter, or its clsact); it is on again");
                }
            }
        } catch (IOException | RuntimeException e) {
            tell(e);
        }
    }

    private void tell(Exception why) {
        if (!told) {
            told = true;
            problems.accept(
                    "connections of a former Active cannot live on when this node takes over: " + why.getMessage());
        }
    }

    @Override
    public void open(IpAddress address, InterfaceName leavesBy, IpAddress gateway, MonotonicInstant until, int credit) {
        BpfDetours present = loaded;
        if (present != null) {
            present.open(address, leavesBy, gateway, until, credit);
        }
    }

    @Override
    public void close(IpAddress address) {
        BpfDetours present = loaded;
        if (present != null) {
            present.close(address);
        }
    }

    /** After the election has ended; waits for what is being loaded. */
    @Override
    public void close() throws IOException {
        thread.close();
        BpfDetours present = loaded;
        if (present != null) {
            present.close();
        }
    }
}
