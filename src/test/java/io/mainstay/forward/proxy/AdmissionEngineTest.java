// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.LimitsConfig;
import io.mainstay.forward.Rate;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.net.Prefix;
import java.net.DatagramSocket;
import java.net.Socket;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is let in, on real sockets. */
class AdmissionEngineTest {

    private final ReloadBench bench = new ReloadBench();
    private final UdpBench udp = new UdpBench();

    @AfterEach
    void close() {
        bench.close();
        udp.close();
    }

    private static TrafficConfig limits(int connections, int perSource, int ratePerSource) {
        return TrafficConfig.DEFAULT.withLimits(new LimitsConfig(
                connections, perSource, Rate.UNLIMITED, new Rate(ratePerSource), AddressGrouping.DEFAULT));
    }

    private static TrafficConfig denying(String network) {
        return TrafficConfig.DEFAULT.withAccess(new AccessConfig(List.of(), List.of(Prefix.parse(network))));
    }

    private void awaitRefused(RefusalReason reason) {
        await().atMost(EngineBench.PATIENCE)
                .until(() -> bench.snapshot("web").refused().getOrDefault(reason, 0L) > 0);
    }

    @Test
    void aFullServiceResetsTheNextAndTakesItWhenOneHasGone() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1");
        bench.start(web);
        bench.client(web, "b1");
        // Who came before there was a limit is not counted.
        bench.configure(web.traffic(limits(1, 0, 0)));
        Socket counted = bench.client(web, "b1");
        bench.expectRefused(web);
        awaitRefused(RefusalReason.SERVICE_FULL);
        counted.close();
        bench.client(web, "b1");
    }

    @Test
    void aSourceThatIsTooManyOrTooFastIsReset() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1");
        bench.start(web.traffic(limits(0, 1, 0)));
        bench.client(web, "b1");
        bench.expectRefused(web);
        awaitRefused(RefusalReason.SOURCE_FULL);
    }

    @Test
    void whoIsDeniedIsResetUntilTheListChanges() throws Exception {
        ReloadBench.Service web = bench.service("web").backends("b1");
        bench.start(web.traffic(denying("127.0.0.0/8")));
        bench.expectRefused(web);
        awaitRefused(RefusalReason.DENIED);
        bench.configure(web);
        bench.client(web, "b1");
    }

    @Test
    void sessionsOfDatagramsAreAdmittedAsConnectionsAre() throws Exception {
        udp.server();
        udp.server();
        udp.traffic(limits(1, 0, 0)).start();
        DatagramSocket one = udp.client();
        String had = UdpBench.ask(one, "a").substring(0, 2);
        DatagramSocket other = udp.client();
        UdpBench.send(other, "b");
        await().atMost(EngineBench.PATIENCE).until(() -> udp.refused(RefusalReason.SERVICE_FULL) == 1);
        // One that goes on with another backend is not a new one.
        udp.check(had, false);
        assertThat(UdpBench.ask(one, "c")).endsWith(" c").doesNotStartWith(had);
        assertThat(udp.snapshot().active()).isEqualTo(1);
    }
}
