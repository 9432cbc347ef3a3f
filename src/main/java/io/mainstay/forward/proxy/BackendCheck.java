// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import io.mainstay.health.CheckSchedule;
import io.mainstay.health.HealthCheckConfig;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The repeated check of one backend. Lives on the control thread of the engine. */
final class BackendCheck {

    private final LiveService service;
    private final LiveBackend backend;
    private final HealthCheckConfig check;
    private final EventLoop loop;
    private final RandomGenerator random;
    private @Nullable Future<?> next;
    private @Nullable ProbeHandler probe;

    /** Counts starts and stops, so that a result of an earlier life is not taken for one of this. */
    private int life;

    private boolean running;

    BackendCheck(LiveService service, LiveBackend backend, EventLoop loop, RandomGenerator random) {
        this.service = service;
        this.backend = backend;
        this.check = service.settings().check();
        this.loop = loop;
        this.random = random;
    }

    LiveBackend backend() {
        return backend;
    }

    /** Starts checking, at once but for a small jitter; nothing if it runs already. */
    void start() {
        if (!running) {
            running = true;
            life++;
            runAfter(CheckSchedule.beforeFirst(check.interval(), random.nextLong()));
        }
    }

    /** Stops checking; a check that is under way is dropped. */
    void stop() {
        running = false;
        life++;
        if (next != null) {
            next.cancel(false);
            next = null;
        }
        if (probe != null) {
            probe.cancel();
            probe = null;
        }
    }

    private void runAfter(Duration delay) {
        next = loop.schedule(this::run, delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void run() {
        int startedIn = life;
        long startNanos = System.nanoTime();
        runAfter(CheckSchedule.beforeNext(check.interval(), random.nextLong()));
        ProbeHandler handler = new ProbeHandler(
                check,
                backend.config().address(),
                result -> onResult(startedIn, result, System.nanoTime() - startNanos));
        probe = handler;
        new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                // A few small buffers a second are not worth an arena.
                .option(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
                // The handler's timeout covers the connect too.
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
                .handler(handler)
                .connect(backend.address())
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        handler.onConnectFailed(done.cause());
                    }
                });
    }

    private void onResult(int startedIn, ProbeResult result, long tookNanos) {
        if (startedIn == life) {
            service.onCheck(
                    backend,
                    new CheckReport(Instant.now(), result.success(), result.detail(), Duration.ofNanos(tookNanos)));
        }
    }
}
