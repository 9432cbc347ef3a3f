// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.NoGuard;
import io.mainstay.kernel.VirtualInterface;
import io.mainstay.kernel.VirtualInterfaces;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.VirtualAddress;
import io.mainstay.takeover.VirtualMacConfig;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A virtual router with a MAC address of its own. */
class VirtualMacHomeTest extends ElectionDriverBench {

    private static final InterfaceName VRRP4 = new InterfaceName("vrrp4-51");
    private static final VirtualAddress WEB = VirtualAddress.parse("198.18.0.200/24");

    /** Notes among the deeds of the kernel what becomes of the interfaces. */
    private final class Macvlans implements VirtualInterfaces {

        private final Map<InterfaceName, State> made = new HashMap<>();
        private int lastIndex = 100;

        private void deed(String deed) throws KernelException {
            if (kernel.failing.stream().anyMatch(deed::startsWith)) {
                throw new KernelException(deed, Errno.EEXIST.number());
            }
            kernel.deeds.add(deed);
        }

        @Override
        public Optional<State> find(VirtualInterface wanted) {
            return Optional.ofNullable(made.get(wanted.name()));
        }

        @Override
        public State make(VirtualInterface wanted) throws KernelException {
            deed("make " + wanted.name() + " " + wanted.mac() + " on " + wanted.parent());
            State state = new State(++lastIndex, false);
            made.put(wanted.name(), state);
            return state;
        }

        @Override
        public void setUp(VirtualInterface wanted, boolean up) throws KernelException {
            State before = made.get(wanted.name());
            if (before != null && before.up() != up) {
                deed(wanted.name() + (up ? " up" : " down"));
                made.put(wanted.name(), new State(before.index(), up));
            }
        }

        @Override
        public void remove(VirtualInterface wanted) {
            if (made.remove(wanted.name()) != null) {
                kernel.deeds.add("remove " + wanted.name());
            }
        }

        @Override
        public List<InterfaceName> removeLeftovers() {
            return List.of();
        }

        @Override
        public void add(VirtualInterface wanted, VirtualAddress address) throws KernelException {
            deed("add " + wanted.name() + " " + address);
            kernel.put(wanted.name().value(), address.toString());
        }

        @Override
        public void announce(VirtualInterface wanted, IpAddress address) throws KernelException {
            deed("announce " + wanted.parent() + " " + address + " by " + wanted.mac());
        }

        @Override
        public void advertise(VirtualInterface wanted, IpDatagram advertisement) throws KernelException {
            deed("advertise on " + wanted.parent() + " by " + wanted.mac() + " from " + advertisement.source());
        }
    }

    private final Macvlans macvlans = new Macvlans();
    private ElectionDriver driver = webDriver();

    @BeforeEach
    void start() {
        kernel.plug("eth0", 2, "198.18.0.10");
        RouterSetup plain = setup("web", "eth0", 51, 100, "198.18.0.200/24");
        driver = new ElectionDriver(
                List.of(new RouterSetup(
                        plain.config(),
                        plain.announce(),
                        plain.authentication(),
                        Optional.empty(),
                        Duration.ZERO,
                        Optional.empty(),
                        Optional.of(new VirtualMacConfig("vrrp")))),
                new ElectionPorts(
                        kernel, kernel, kernel, kernel, kernel, InstantSource.system(), new NoGuard(), macvlans),
                gate,
                listener);
        driver.runOnce();
    }

    private void takeOver() {
        kernel.takeDeeds();
        runFor(driver, ACTIVE_DOWN);
        assertThat(stateOf(driver, "web")).isEqualTo("ACTIVE");
    }

    private void tell(KernelEvent event) {
        kernel.takeDeeds();
        kernel.waiting.add(event);
        driver.runOnce();
    }

    @Test
    void isMadeBeforehandAndStaysDown() {
        assertThat(kernel.takeDeeds()).containsExactly("open eth0", "make vrrp4-51 00:00:5e:00:01:33 on eth0");
    }

    @Test
    void isUpOnlyWhileItHoldsAnAddress() {
        takeOver();
        assertThat(kernel.takeDeeds())
                .containsSubsequence("vrrp4-51 up", "add vrrp4-51 198.18.0.200/24")
                .doesNotContain("add eth0 198.18.0.200/24");
        kernel.hear("eth0", "198.18.0.20", 51, 200);
        driver.runOnce();
        runFor(driver, Duration.ofMillis(60));
        assertThat(kernel.takeDeeds()).containsSubsequence("remove vrrp4-51 198.18.0.200/24", "vrrp4-51 down");
        assertThat(kernel.addressesOf("vrrp4-51")).isEmpty();
    }

    @Test
    void advertisesWithTheVirtualMacOnceItHoldsAnAddress() {
        takeOver();
        assertThat(kernel.takeDeeds()).startsWith("send eth0 vrid 51 priority 100", "vrrp4-51 up");
        runFor(driver, Duration.ofSeconds(1));
        assertThat(kernel.takeDeeds())
                .contains("advertise on eth0 by 00:00:5e:00:01:33 from 198.18.0.10")
                .doesNotContain("send eth0 vrid 51 priority 100");
    }

    @Test
    void announcesWithTheVirtualMacAndAsksWithItsOwn() {
        takeOver();
        assertThat(kernel.takeDeeds())
                .contains("announce eth0 198.18.0.200 by 00:00:5e:00:01:33", "probe eth0 198.18.0.200");
    }

    @Test
    void thatSomebodyRemovedIsMadeAgainWithItsAddresses() {
        takeOver();
        macvlans.made.clear();
        kernel.unplug("vrrp4-51", false);
        kernel.waiting.add(new KernelEvent.AddressRemoved(VRRP4, WEB));
        tell(new KernelEvent.LinkChanged(VRRP4));
        assertThat(kernel.takeDeeds())
                .containsExactly(
                        "make vrrp4-51 00:00:5e:00:01:33 on eth0",
                        "vrrp4-51 up",
                        "add vrrp4-51 198.18.0.200/24",
                        "announce eth0 198.18.0.200 by 00:00:5e:00:01:33");
        assertThat(noticeLabels()).containsExactlyInAnyOrder("address-lost", "virtual-interface-restored");
    }

    @Test
    void thatSomebodySetUpOnABackupIsSetDown() {
        macvlans.made.computeIfPresent(VRRP4, (name, state) -> new VirtualInterfaces.State(state.index(), true));
        tell(new KernelEvent.LinkChanged(VRRP4));
        assertThat(kernel.takeDeeds()).containsExactly("vrrp4-51 down");
    }

    @Test
    void anAddressOnTheInterfaceBelowIsTakenOff() {
        takeOver();
        kernel.put("eth0", WEB.toString());
        tell(new KernelEvent.AddressAdded(new InterfaceName("eth0"), WEB));
        assertThat(kernel.takeDeeds()).containsExactly("remove eth0 198.18.0.200/24");
        assertThat(kernel.addressesOf("vrrp4-51")).containsExactly(WEB);
    }

    @Test
    void thatCannotBeMadeIsAFaultOfItsRouter() {
        kernel.failing.add("make vrrp4-51");
        macvlans.made.clear();
        tell(new KernelEvent.LinkChanged(VRRP4));
        assertThat(transitions).last().asString().endsWith("FAULT virtual-mac-unavailable");
        kernel.failing.clear();
        runFor(driver, Duration.ofSeconds(1));
        assertThat(transitions).last().asString().endsWith("BACKUP link-recovered");
    }

    @Test
    void isRemovedAtTheEnd() {
        takeOver();
        var unused = driver.stop(Optional.of(Duration.ZERO));
        kernel.takeDeeds();
        runFor(driver, Duration.ofSeconds(3));
        assertThat(kernel.takeDeeds())
                .containsSubsequence("remove vrrp4-51 198.18.0.200/24", "vrrp4-51 down", "remove vrrp4-51");
        assertThat(driver.isEnded()).isTrue();
    }

    @Test
    void goesWithItsInterface() {
        takeOver();
        kernel.takeDeeds();
        kernel.unplug("eth0", true);
        driver.runOnce();
        assertThat(kernel.takeDeeds()).contains("remove vrrp4-51");
    }
}
