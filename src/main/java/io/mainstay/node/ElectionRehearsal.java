// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.kernel.Guard;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Priority;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * Plays the life of the virtual routers of this node on a host that is not there, before the real one begins: Backup, a
 * takeover, conflicts, a hand-over, a dead link, the end. By then every class is loaded and every call site linked that a
 * takeover comes by. Without it the first takeover of a daemon's life took 14 ms from its decision until the services were
 * open, and takes 3 ms with it, all of it outage.
 *
 * <p>Nothing of it is seen from outside: time is played too. Runs on the thread of its caller.
 */
final class ElectionRehearsal {

    /** Of a range for documentation (RFC 5737): nobody listens on it. */
    private static final IpAddress NOBODYS = IpAddress.parse("192.0.2.1");

    private static final MacAddress STRANGER = new MacAddress(0x02_00_00_00_00_02L);
    private static final Priority STRONGER = new Priority(254);
    private static final Priority WEAKER = new Priority(1);
    private static final Priority RESIGNED = new Priority(0);

    /** Those with one shape play the same scenes. */
    private static final int MOST_PLAYERS = 8;

    private static final int LONGEST_SCENE_TURNS = 500;
    private static final int SHORT_SCENE_TURNS = 20;

    private final List<RouterSetup> setups;
    private final RehearsedHost host;
    private final ElectionDriver driver;
    private int open;

    private ElectionRehearsal(List<RouterSetup> setups, Guard guard, ServiceGate gate) {
        this.setups = setups;
        host = new RehearsedHost();
        ElectionPorts ports = new ElectionPorts(
                host, host, host, host, host, InstantSource.system(), guard, host.virtualInterfaces());
        driver = new ElectionDriver(setups, ports, new GateOfNobody(gate), new ElectionJournal(draft -> {}));
    }

    /**
     * Plays all scenes.
     *
     * @param setups of all virtual routers of this node; a few of different shape play for all
     * @param guard that guards nothing
     * @param gate the real one, which is opened and shut for an address that nobody has
     * @return whether every scene came about; false is a defect, and costs nothing but time at the first takeover
     */
    static boolean run(List<RouterSetup> setups, Guard guard, ServiceGate gate) {
        return new ElectionRehearsal(players(setups), guard, gate).play();
    }

    private static List<RouterSetup> players(List<RouterSetup> setups) {
        Map<List<Object>, RouterSetup> byShape = new LinkedHashMap<>();
        for (RouterSetup setup : setups) {
            List<Object> shape = List.of(
                    setup.config().families(),
                    setup.config().protocol().version(),
                    setup.config().priority().isOwner(),
                    setup.authentication().isNone(),
                    setup.virtualMac().isPresent(),
                    setup.syncGroup().isPresent());
            byShape.putIfAbsent(
                    shape,
                    new RouterSetup(
                            setup.config(),
                            setup.announce(),
                            setup.authentication(),
                            setup.syncGroup(),
                            Duration.ZERO,
                            Optional.empty(),
                            setup.virtualMac()));
        }
        return byShape.values().stream().limit(MOST_PLAYERS).toList();
    }

    private boolean play() {
        turns(SHORT_SCENE_TURNS);
        hear(STRONGER);
        boolean served = serve();
        disturb();
        handOver();
        hear(RESIGNED);
        served &= serve();
        host.setCarrier(false);
        boolean given = until(() -> open == 0);
        host.setCarrier(true);
        served &= serve();
        var unused = driver.stop(Optional.empty());
        return until(driver::isEnded) && served && given;
    }

    private boolean serve() {
        return until(() -> open == setups.size());
    }

    /** What befalls an Active without harm. */
    private void disturb() {
        for (RouterSetup setup : setups) {
            host.claim(setup.config(), STRANGER);
            host.lose(setup.config());
        }
        hear(WEAKER);
        turns(SHORT_SCENE_TURNS);
    }

    private void handOver() {
        List<String> names = setups.stream().map(setup -> setup.config().name()).toList();
        var unused = driver.handOver(names, Optional.empty());
        turns(2);
        hear(STRONGER);
        setups.forEach(setup -> host.claim(setup.config(), STRANGER));
        turns(SHORT_SCENE_TURNS);
    }

    private void hear(Priority priority) {
        setups.forEach(setup -> host.hear(setup.config(), priority));
        driver.runOnce();
    }

    private void turns(int count) {
        for (int i = 0; i < count; i++) {
            driver.runOnce();
        }
    }

    private boolean until(BooleanSupplier condition) {
        for (int i = 0; i < LONGEST_SCENE_TURNS && !condition.getAsBoolean(); i++) {
            driver.runOnce();
        }
        return condition.getAsBoolean();
    }

    /** Goes the way to the real gate and back, for an address behind which nothing is. */
    private final class GateOfNobody implements ServiceGate {

        private final ServiceGate gate;

        GateOfNobody(ServiceGate gate) {
            this.gate = gate;
        }

        @Override
        public void expect(IpAddress address) {
            gate.expect(NOBODYS);
        }

        @Override
        public void open(Set<IpAddress> addresses) {
            open++;
            gate.open(Set.of(NOBODYS));
        }

        @Override
        public CompletableFuture<?> close(Set<IpAddress> addresses) {
            open--;
            return gate.close(Set.of(NOBODYS));
        }

        @Override
        public void forget(IpAddress address) {
            gate.forget(NOBODYS);
        }
    }
}
