// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** In the network namespace of the test's own. */
@Tag("native")
class NetworkClaimTest {

    @BeforeAll
    static void requirePrivateNetwork() {
        NetworkNamespace.requirePrivate();
        NetworkNamespace.ip("link", "set", "lo", "up");
    }

    @Test
    void whoComesSecondIsToldWhoWasFirst() throws Exception {
        try (NetworkClaim first = NetworkClaim.take().orElseThrow()) {
            assertThat(first).isNotNull();
            assertThat(NetworkClaim.take()).isEmpty();
            assertThat(NetworkClaim.holder())
                    .isEqualTo("process " + ProcessHandle.current().pid());
        }
        assertThat(NetworkClaim.holder()).isEqualTo("another process");
        NetworkClaim.take().orElseThrow().close();
    }

    @Test
    void anotherNamespaceIsAnothers() throws Exception {
        try (NetworkClaim here = NetworkClaim.take().orElseThrow();
                NetworkNamespace elsewhere = new NetworkNamespace()) {
            assertThat(here).isNotNull();
            elsewhere.call(() -> {
                NetworkClaim.take().orElseThrow().close();
                return "taken";
            });
        }
    }

    /** Every user can open the file of the namespace, and lock it. */
    @Test
    void aLockOnTheNamespaceKeepsNobodyOut() throws Exception {
        int descriptor = LinuxCalls.check(LinuxCalls.open("/proc/self/ns/net"), "open");
        try {
            LinuxCalls.check(LinuxCalls.lock(descriptor), "lock");
            NetworkClaim.take().orElseThrow().close();
        } finally {
            LinuxCalls.close(descriptor);
        }
    }

    @Test
    void ofManyAtOnceNoTwoHaveIt() throws Exception {
        int many = 8;
        try (ExecutorService threads = Executors.newFixedThreadPool(many)) {
            CountDownLatch together = new CountDownLatch(many);
            List<Future<Optional<NetworkClaim>>> takers = new ArrayList<>();
            for (int i = 0; i < many; i++) {
                takers.add(threads.submit(() -> {
                    together.countDown();
                    together.await();
                    return NetworkClaim.take();
                }));
            }
            List<NetworkClaim> taken = new ArrayList<>();
            for (Future<Optional<NetworkClaim>> taker : takers) {
                taker.get().ifPresent(taken::add);
            }
            taken.forEach(NetworkClaim::close);
            assertThat(taken).hasSizeLessThanOrEqualTo(1);
        }
    }
}
