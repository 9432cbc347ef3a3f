// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.forward.RefusalReason;
import java.net.DatagramSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;

/** A node that has as many connections as it may have. */
class LoadTest {

    @Test
    void whoIsOneTooManyIsResetAndThoseWhoAreInStay() throws Exception {
        try (ReloadBench bench = new ReloadBench()) {
            bench.mostConnections(2);
            ReloadBench.Service web = bench.service("web").backends("b1");
            ReloadBench.Service other = bench.service("other").backends("b2");
            bench.start(web, other);
            Socket first = bench.client(web, "b1");
            Socket second = bench.client(other, "b2");
            await().atMost(EngineBench.PATIENCE)
                    .until(() -> bench.engine().snapshot().connections() == 2);
            assertThat(bench.engine().snapshot().mostConnections()).isEqualTo(2);
            bench.expectRefused(web);
            await().atMost(EngineBench.PATIENCE)
                    .until(() -> bench.snapshot("web").refused().getOrDefault(RefusalReason.NODE_FULL, 0L) > 0);
            bench.expectAlive(first);
            bench.expectAlive(second);
            second.close();
            bench.client(web, "b1");
        }
    }

    @Test
    void sessionsOfDatagramsCountToo() throws Exception {
        try (UdpBench udp = new UdpBench()) {
            udp.mostConnections(1);
            udp.server();
            udp.start();
            DatagramSocket one = udp.client();
            UdpBench.ask(one, "a");
            UdpBench.send(udp.client(), "b");
            await().atMost(EngineBench.PATIENCE).until(() -> udp.refused(RefusalReason.NODE_FULL) == 1);
            assertThat(UdpBench.ask(one, "c")).endsWith(" c");
        }
    }

    @Test
    void workersShareTheMemoryForStallsToTheLastBlock() {
        Budget budget = new Budget(3);
        BlockPool one = new BlockPool(budget);
        BlockPool other = new BlockPool(budget);
        Block first = one.lendScratch();
        Block second = one.lendScratch();
        Block third = other.lendScratch();
        assertThat(one.canLend()).isFalse();
        assertThat(other.canLend()).isFalse();
        other.giveBack(third);
        assertThat(one.canLend()).isTrue();
        assertThat(other.canLend()).isFalse();
        one.giveBack(second);
        assertThat(other.canLend()).isTrue();
        one.giveBack(first);
        one.close();
        other.close();
    }

    @Test
    void whoLeavesMakesRoom() {
        Load load = new Load(1);
        assertThat(load.enter()).isTrue();
        assertThat(load.enter()).isFalse();
        load.leave();
        assertThat(load.enter()).isTrue();
        assertThat(load.live()).isEqualTo(1);
    }
}
