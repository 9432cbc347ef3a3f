// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mainstay.kernel.AdvertisementSocket;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelEvent;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.VirtualAddress;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Link and address events, waking and waiting, against the kernel. */
@Tag("native")
class EventsNativeTest {

    private static final VirtualAddress VIP = VirtualAddress.parse("198.18.0.10/24");
    private static final KernelEvent LINK_CHANGED = new KernelEvent.LinkChanged(VethLab.NEAR);
    private static final byte[] MESSAGE = {0x31, 51, 100, 1, 0, 100, 0, 0, (byte) 198, 18, 0, 10};

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofMillis(20);

    @RegisterExtension
    private final VethLab lab = new VethLab();

    private LinuxKernel kernel;

    @BeforeEach
    void open() throws KernelException {
        kernel = LinuxKernel.open();
    }

    @AfterEach
    void close() {
        kernel.close();
    }

    @Test
    void anAddressThatSomebodyElseAddsAndRemovesIsTold() throws Exception {
        NetworkNamespace.ip("address", "add", VIP.toString(), "dev", "near0");
        VethLab.awaitEvent(kernel, new KernelEvent.AddressAdded(VethLab.NEAR, VIP)::equals);

        NetworkNamespace.ip("address", "del", VIP.toString(), "dev", "near0");
        VethLab.awaitEvent(kernel, new KernelEvent.AddressRemoved(VethLab.NEAR, VIP)::equals);
    }

    @Test
    void anIpv6AddressThatSomebodyElseRemovesIsTold() throws Exception {
        VirtualAddress vip = VirtualAddress.parse("2001:db8::10/64");
        kernel.addresses().add(VethLab.NEAR, vip);

        NetworkNamespace.ip("address", "del", vip.toString(), "dev", "near0");

        VethLab.awaitEvent(kernel, new KernelEvent.AddressRemoved(VethLab.NEAR, vip)::equals);
    }

    @Test
    void anAddressThatWasThereBeforeIsNotToldAsAdded() throws Exception {
        kernel.addresses().add(VethLab.NEAR, VIP);

        try (LinuxKernel later = LinuxKernel.open()) {
            NetworkNamespace.ip(
                    "address", "change", VIP.toString(), "dev", "near0", "valid_lft", "1000", "preferred_lft", "1000");
            NetworkNamespace.ip("link", "set", "near0", "mtu", "1400");

            assertThat(VethLab.awaitEvent(later, LINK_CHANGED::equals))
                    .doesNotContain(new KernelEvent.AddressAdded(VethLab.NEAR, VIP));
        }
    }

    @Test
    void losingAndRegainingTheCarrierIsTold() throws Exception {
        VethLab.eventsNow(kernel);

        lab.far().call(() -> NetworkNamespace.ip("link", "set", "far0", "down"));
        VethLab.awaitEvent(kernel, event -> event.equals(LINK_CHANGED) && !isUsable());

        lab.far().call(() -> NetworkNamespace.ip("link", "set", "far0", "up"));
        VethLab.awaitEvent(kernel, event -> event.equals(LINK_CHANGED) && isUsable());
    }

    private boolean isUsable() {
        try {
            return kernel.links().find(VethLab.NEAR).orElseThrow().isUsable();
        } catch (KernelException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aDeletedInterfaceIsToldItsSocketSaysSoAndItsSuccessorCanBeOpened() throws Exception {
        AdvertisementSocket first = kernel.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);
        VethLab.eventsNow(kernel);

        NetworkNamespace.ip("link", "delete", "near0");
        List<KernelEvent> events = VethLab.awaitEvent(kernel, LINK_CHANGED::equals);
        assertThat(events)
                .contains(new KernelEvent.AddressRemoved(VethLab.NEAR, VirtualAddress.parse("198.18.0.1/24")));
        assertThat(kernel.links().find(VethLab.NEAR)).isEmpty();
        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> first.send(VethLab.NEAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE))
                .withMessage("send VRRP from 198.18.0.1 to 224.0.0.18 on near0: no such device (errno 19)")
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV));
        assertThatExceptionOfType(KernelException.class)
                .isThrownBy(() -> kernel.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES))
                .withMessage("open near0 for VRRP: no such device (errno 19)");

        first.close();
        lab.plug();
        VethLab.awaitEvent(kernel, event -> event.equals(LINK_CHANGED) && isUsable());
        try (AdvertisementSocket second = kernel.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES)) {
            second.send(VethLab.NEAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE);
        }
    }

    @Test
    void aRenamedInterfaceIsToldUnderBothNames() throws Exception {
        InterfaceName renamed = new InterfaceName("renamed0");
        VethLab.eventsNow(kernel);

        NetworkNamespace.ip("link", "set", "near0", "name", "renamed0");
        List<KernelEvent> events = VethLab.awaitEvent(kernel, new KernelEvent.LinkChanged(renamed)::equals);

        assertThat(events).contains(LINK_CHANGED);
        NetworkNamespace.ip("address", "add", VIP.toString(), "dev", "renamed0");
        VethLab.awaitEvent(kernel, new KernelEvent.AddressAdded(renamed, VIP)::equals);
        NetworkNamespace.ip("link", "set", "renamed0", "name", "near0");
    }

    @Test
    void anInterfaceWhoseNameCannotBeWrittenHereIsPassedOver() throws Exception {
        NetworkNamespace.ip("link", "add", "br\u00e4", "type", "bridge");
        try {
            kernel.addresses().add(VethLab.NEAR, VIP);

            VethLab.awaitEvent(kernel, new KernelEvent.AddressAdded(VethLab.NEAR, VIP)::equals);
        } finally {
            NetworkNamespace.ip("link", "delete", "br\u00e4");
        }
    }

    @Test
    void leavingABridgeIsNotTakenForBeingDeleted() throws Exception {
        NetworkNamespace.ip("link", "add", "bridge0", "type", "bridge");
        try {
            NetworkNamespace.ip("link", "set", "near0", "master", "bridge0");
            NetworkNamespace.ip("link", "set", "near0", "nomaster");
            kernel.addresses().add(VethLab.NEAR, VIP);

            List<KernelEvent> events =
                    VethLab.awaitEvent(kernel, new KernelEvent.AddressAdded(VethLab.NEAR, VIP)::equals);

            assertThat(events).noneMatch(KernelEvent.AddressRemoved.class::isInstance);
        } finally {
            NetworkNamespace.ip("link", "delete", "bridge0");
        }
    }

    @Test
    void afterLostEventsTheDifferencesAreTold() throws Exception {
        VirtualAddress added = VirtualAddress.parse("198.18.0.11/24");
        kernel.addresses().add(VethLab.NEAR, VIP);
        VethLab.awaitEvent(kernel, new KernelEvent.AddressAdded(VethLab.NEAR, VIP)::equals);
        VirtualAddress flood = VirtualAddress.parse("198.19.0.1/32");
        flood(flood);
        kernel.addresses().remove(VethLab.NEAR, VIP);
        kernel.addresses().add(VethLab.NEAR, added);

        List<KernelEvent> events =
                VethLab.awaitEvent(kernel, new KernelEvent.AddressRemoved(VethLab.NEAR, VIP)::equals);

        assertThat(events).contains(new KernelEvent.AddressAdded(VethLab.NEAR, added), LINK_CHANGED);
        long ofFlood = events.stream()
                .filter(new KernelEvent.AddressAdded(VethLab.NEAR, flood)::equals)
                .count();
        assertThat(ofFlood).as("some were lost, or this test tests nothing").isLessThan(8000);
    }

    /** More than a socket for events that nobody reads has room for. */
    private void flood(VirtualAddress address) throws KernelException {
        for (int i = 0; i < 8000; i++) {
            kernel.addresses().add(VethLab.NEAR, address);
            kernel.addresses().remove(VethLab.NEAR, address);
        }
    }

    /** Lists nothing while it is told to fail, as when interfaces come and go during each try. */
    private static final class Listing implements InterfaceListing {

        private final NetlinkLinkTable links;
        private boolean failing;

        private Listing(NetlinkLinkTable links) {
            this.links = links;
        }

        @Override
        public List<LinkMessage> all() throws KernelException {
            return links.all();
        }

        @Override
        public List<AddressMessage> allAddresses() throws KernelException {
            if (failing) {
                throw new KernelException("list the addresses", Errno.EAGAIN.number());
            }
            return links.allAddresses();
        }
    }

    @Test
    void whatCannotBeListedAfterLostEventsIsListedLater() throws Exception {
        try (NetlinkSocket netlink = NetlinkSocket.open()) {
            Listing listing = new Listing(new NetlinkLinkTable(netlink));
            NetlinkListener listener = NetlinkListener.open(listing);
            flood(VirtualAddress.parse("198.19.0.1/32"));
            kernel.addresses().add(VethLab.NEAR, VIP);
            List<KernelEvent> events = new ArrayList<>();

            listing.failing = true;
            assertThat(listener.isPending()).isFalse();
            assertThatExceptionOfType(KernelException.class).isThrownBy(() -> listener.drain(64, events::add));
            assertThat(listener.isPending()).isTrue();
            assertThat(events).isEmpty();

            listing.failing = false;
            listener.drain(64, events::add);
            assertThat(listener.isPending()).isFalse();
            assertThat(events).contains(new KernelEvent.AddressAdded(VethLab.NEAR, VIP));
            listener.close();
        }
    }

    @Test
    void anotherThreadWakesTheWaitingOne() throws Exception {
        VethLab.eventsNow(kernel);
        MonotonicInstant deadline = kernel.clock().now().plus(LONG);
        Thread other = Thread.ofPlatform().start(kernel.events()::wake);

        kernel.events().await(Optional.of(deadline), event -> {});

        assertThat(kernel.clock().now().hasReached(deadline)).isFalse();
        other.join();
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void withoutDeadlineOnlyAWakeOrAnEventEndsTheWait() throws Exception {
        VethLab.eventsNow(kernel);
        kernel.events().wake();

        kernel.events().await(Optional.empty(), event -> {});
    }

    @Test
    void wakesBeforeTheWaitAreNotLostAndWakeOnce() throws Exception {
        VethLab.eventsNow(kernel);
        kernel.events().wake();
        kernel.events().wake();
        MonotonicInstant farDeadline = kernel.clock().now().plus(LONG);

        kernel.events().await(Optional.of(farDeadline), event -> {});
        assertThat(kernel.clock().now().hasReached(farDeadline)).isFalse();

        MonotonicInstant deadline = kernel.clock().now().plus(SHORT);
        kernel.events().await(Optional.of(deadline), event -> {});
        assertThat(kernel.clock().now().hasReached(deadline)).isTrue();
    }

    @Test
    void aWakeAfterTheEndDoesNothing() {
        kernel.close();

        kernel.events().wake();
        kernel.close();
    }

    @Test
    void theReceiverMayCloseASocketWhileEventsAreHandedOn() throws Exception {
        List<KernelEvent> events = new ArrayList<>();
        AdvertisementSocket socket = kernel.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);
        lab.far().call(() -> {
            try (LinuxKernel peer = LinuxKernel.open();
                    AdvertisementSocket sender = peer.events().open(VethLab.FAR, VethLab.BOTH_FAMILIES)) {
                for (int i = 0; i < 3; i++) {
                    sender.send(VethLab.FAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE);
                    peer.announcer().announce(VethLab.FAR, VIP.address());
                }
            }
            return "sent";
        });

        for (int turn = 0; turn < 100 && events.isEmpty(); turn++) {
            kernel.events().await(Optional.of(kernel.clock().now().plusNanos(100_000_000)), event -> {
                if (event instanceof KernelEvent.DatagramReceived) {
                    events.add(event);
                    socket.close();
                }
            });
        }

        assertThat(events).hasSize(1);
        assertThat(VethLab.eventsNow(kernel))
                .noneMatch(KernelEvent.DatagramReceived.class::isInstance)
                .noneMatch(KernelEvent.AddressClaimed.class::isInstance);
    }

    @Test
    void aFloodIsHandedOnABoundedNumberAtATime() throws Exception {
        AdvertisementSocket socket = kernel.events().open(VethLab.NEAR, VethLab.BOTH_FAMILIES);
        VethLab.eventsNow(kernel);
        lab.far().call(() -> {
            try (LinuxKernel peer = LinuxKernel.open();
                    AdvertisementSocket sender = peer.events().open(VethLab.FAR, VethLab.BOTH_FAMILIES)) {
                for (int i = 0; i < 200; i++) {
                    sender.send(VethLab.FAR_ADDRESS, Ipv4Address.VRRP_GROUP, MESSAGE);
                }
            }
            return "sent";
        });

        List<KernelEvent> firstTurn = new ArrayList<>();
        kernel.events().await(Optional.of(kernel.clock().now().plusNanos(10_000_000_000L)), firstTurn::add);

        assertThat(firstTurn).hasSizeLessThanOrEqualTo(64).isNotEmpty();
        assertThat(VethLab.eventsNow(kernel)).hasSize(200 - firstTurn.size());
        socket.close();
    }
}
