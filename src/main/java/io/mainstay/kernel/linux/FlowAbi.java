// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.mainstay.kernel.FlowEntry;
import io.mainstay.kernel.FlowProgram.Backend;
import io.mainstay.kernel.FlowProgram.Door;
import io.mainstay.kernel.FlowProgram.Mode;
import io.mainstay.kernel.FlowProgram.Role;
import io.mainstay.kernel.FlowProgram.Service;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.kernel.FlowProgram.Settings;
import io.mainstay.kernel.FlowProgram.Source;
import io.mainstay.kernel.FlowProgram.State;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Prefix;
import io.mainstay.net.Transport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Keys and values of the maps as octets: the Java side of native/bpf/abi.h. Addresses and ports are in network order, all
 * other numbers in the machine's.
 */
final class FlowAbi {

    static final int ADDRESS_OCTETS = 16;
    static final int INDEX_OCTETS = 4;
    static final int TUPLE_OCTETS = 40;
    static final int SETTINGS_OCTETS = 32;
    static final int CLOCK_OCTETS = 16;
    static final int ROLE_OCTETS = 12;
    static final int SERVICE_KEY_OCTETS = 20;
    static final int SERVICE_OCTETS = 32;
    static final int SOURCE_OCTETS = 20;
    static final int BACKEND_OCTETS = 28;
    static final int OWNER_OCTETS = 16;
    static final int FLOW_OCTETS = 104;
    static final int TRAFFIC_OCTETS = 56;
    static final int LATENCY_BUCKETS = 24;
    static final int LATENCY_OCTETS = 2 * LATENCY_BUCKETS * Long.BYTES;
    static final int EVENT_OCTETS = 8;
    static final int GATE_OCTETS = 4;
    static final int TABLE_OCTETS = 4;
    static final int DOOR_OCTETS = 40;
    static final int DOOR_STATE_OCTETS = 16;
    static final int CLIENT_GROUP_OCTETS = 24;
    static final int CLIENT_COUNT_OCTETS = 8;
    static final int ACCESS_KEY_OCTETS = 24;
    static final int ACCESS_VERDICT_OCTETS = 4;
    static final int ORDER_OCTETS = 72;
    static final int DETOUR_OCTETS = 32;
    static final int FORMER_OCTETS = 20;
    static final int BACKEND_LOAD_OCTETS = 4;
    static final int CLIENT_RATE_OCTETS = 8;
    static final int FILTER_WORDS = (1 << 16) / 64;
    static final int VIRTUAL_MAC_WORDS = 512 / 64;

    static final int TUPLE_DESTINATION = 16;
    static final int TUPLE_SOURCE_PORT = 32;
    static final int TUPLE_DESTINATION_PORT = 34;
    static final int TUPLE_PROTOCOL = 36;

    static final int FLOW_DESTINATION = 16;
    static final int FLOW_SOURCE_PORT = 32;
    static final int FLOW_DESTINATION_PORT = 34;
    static final int FLOW_BACKEND = 36;
    static final int FLOW_BACKEND_ID = 40;
    static final int FLOW_STATE = 48;
    static final int FLOW_SEEN = 52;
    static final int FLOW_ACKNOWLEDGED = 56;
    static final int FLOW_GATE = 60;
    static final int FLOW_MODE = 64;
    static final int FLOW_TO_CLIENT = 65;
    static final int FLOW_HOP_MTU = 66;
    static final int FLOW_HOP_INTERFACE = 72;
    static final int FLOW_HOP_GATEWAY = 76;

    static final int FLOW_DOOR = 92;

    static final int ORDER_DOOR = 4;
    static final int ORDER_FLOW = 8;
    static final int ORDER_GROUP = 48;
    static final int ORDER_FORGET = 0;
    static final int ORDER_COUNT = 1;
    static final int ORDER_UNCOUNT = 2;
    static final int ORDER_SWEEP = 3;

    static final int DOOR_STATE_LIVE = 8;
    static final int FORMER_INTERFACE = 16;
    static final int DETOUR_UNTIL = 16;
    static final int DETOUR_INTERFACE = 24;
    static final int DETOUR_CREDIT = 28;

    static final int ACCESS_ALLOWED = 1;
    static final int ACCESS_DENIED = 2;

    static final int GATE_OPEN = 1;
    static final int GATE_TICK_SHIFT = 1;
    static final int MODE_DSR = 2;
    static final int SETTINGS_NAT = 1;
    static final int ROLE_OURS = 1;
    static final int ROLE_BACKEND = 2;
    static final int SERVICE_PERSIST_SOURCE = 1;
    static final int SERVICE_JUDGED = 2;

    static final int PROTOCOL_TCP = 6;
    static final int PROTOCOL_UDP = 17;

    /** Numbers at any place of a segment, in the machine's order. */
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;

    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /** Of an address of IPv6 that stands for one of IPv4: the bits before it. */
    private static final int IPV4_OFFSET_BITS = 96;

    private static final ValueLayout.OfShort NETWORK_SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** In the order of {@code enum mode}. */
    private static final List<Mode> MODES = List.of(Mode.FULL_NAT, Mode.NAT, Mode.DSR);

    /** In the order of {@code enum backend_state}. */
    private static final List<State> STATES =
            List.of(State.ABSENT, State.READY, State.DRAINING, State.UNHEALTHY, State.DOWN);

    private FlowAbi() {}

    static byte[] index(int index) {
        return structure(INDEX_OCTETS).putInt(0, index).array();
    }

    static byte[] word(long word) {
        return structure(Long.BYTES).putLong(0, word).array();
    }

    static byte[] settings(Settings settings) {
        return structure(SETTINGS_OCTETS)
                .putLong(0, settings.secret0())
                .putLong(8, settings.secret1())
                .putInt(16, settings.anyNat() ? SETTINGS_NAT : 0)
                .putInt(20, settings.embryoTicks())
                .putInt(24, settings.udpTicks())
                .putInt(28, settings.hopTicks())
                .array();
    }

    static byte[] address(IpAddress address) {
        byte[] octets = new byte[ADDRESS_OCTETS];
        putAddress(octets, 0, address);
        return octets;
    }

    static byte[] former(IpAddress gateway, int interfaceIndex) {
        byte[] octets = structure(FORMER_OCTETS)
                .putInt(FORMER_INTERFACE, interfaceIndex)
                .array();
        putAddress(octets, 0, gateway);
        return octets;
    }

    /** @param untilNanos by the monotonic clock */
    static byte[] detour(IpAddress gateway, long untilNanos, int interfaceIndex, int credit) {
        byte[] octets = structure(DETOUR_OCTETS)
                .putLong(DETOUR_UNTIL, untilNanos)
                .putInt(DETOUR_INTERFACE, interfaceIndex)
                .putInt(DETOUR_CREDIT, credit)
                .array();
        putAddress(octets, 0, gateway);
        return octets;
    }

    /** IPv4 as ::ffff:a.b.c.d. */
    private static void putAddress(byte[] octets, int at, IpAddress address) {
        byte[] bare = address.octets();
        if (bare.length == 4) {
            octets[at + 10] = (byte) 0xFF;
            octets[at + 11] = (byte) 0xFF;
        }
        System.arraycopy(bare, 0, octets, at + ADDRESS_OCTETS - bare.length, bare.length);
    }

    static IpAddress address(MemorySegment from, long at) {
        byte[] octets = from.asSlice(at, ADDRESS_OCTETS).toArray(JAVA_BYTE);
        boolean mapped = octets[10] == (byte) 0xFF && octets[11] == (byte) 0xFF;
        for (int i = 0; i < 10; i++) {
            mapped &= octets[i] == 0;
        }
        return mapped ? Ipv4Address.ofOctets(octets, 12) : Ipv6Address.ofOctets(octets, 0);
    }

    static int port(MemorySegment from, long at) {
        return Short.toUnsignedInt(from.get(NETWORK_SHORT, at));
    }

    /** The key of a direction of a flow. */
    static byte[] tuple(FlowTuple tuple) {
        byte[] octets = new byte[TUPLE_OCTETS];
        putAddress(octets, 0, tuple.source().address());
        putAddress(octets, TUPLE_DESTINATION, tuple.destination().address());
        ByteBuffer.wrap(octets)
                .putShort(TUPLE_SOURCE_PORT, (short) tuple.source().port())
                .putShort(TUPLE_DESTINATION_PORT, (short) tuple.destination().port())
                .put(TUPLE_PROTOCOL, (byte) (tuple.transport() == Transport.TCP ? PROTOCOL_TCP : PROTOCOL_UDP));
        return octets;
    }

    /** As {@code other_direction} of native/bpf/flow.h. */
    static MemorySegment otherKey(Arena arena, MemorySegment key, MemorySegment flow) {
        MemorySegment other = arena.allocate(TUPLE_OCTETS, 8);
        MemorySegment.copy(flow, FLOW_DESTINATION, other, 0, ADDRESS_OCTETS);
        MemorySegment.copy(flow, 0, other, TUPLE_DESTINATION, ADDRESS_OCTETS);
        MemorySegment.copy(flow, FLOW_DESTINATION_PORT, other, TUPLE_SOURCE_PORT, 2);
        MemorySegment.copy(flow, FLOW_SOURCE_PORT, other, TUPLE_DESTINATION_PORT, 2);
        other.set(JAVA_BYTE, TUPLE_PROTOCOL, key.get(JAVA_BYTE, TUPLE_PROTOCOL));
        return other;
    }

    /**
     * The direction from the client.
     *
     * @param seenTick of either direction
     */
    static FlowEntry entry(MemorySegment flow, boolean embryo, int seenTick) {
        return new FlowEntry(
                embryo,
                MODES.get(flow.get(JAVA_BYTE, FLOW_MODE)),
                flow.get(INT, FLOW_BACKEND),
                flow.get(INT, FLOW_BACKEND_ID),
                flow.get(INT, FLOW_STATE),
                seenTick,
                flow.get(INT, FLOW_GATE));
    }

    /** As {@code virtual_mac_of}: the number of the bit that stands for the MAC address of a virtual router. */
    static int virtualMacBit(MacAddress mac) {
        if (!mac.isOfVirtualRouter()) {
            throw new IllegalArgumentException(mac + " (expected: the MAC address of a virtual router)");
        }
        return (int) (mac.bits() & 0xFFFF) - 0x100;
    }

    /** As {@code filter_bit}: the number of the bit that stands for an address in the filter. */
    static int filterBit(IpAddress address) {
        ByteBuffer words = ByteBuffer.wrap(address(address)).order(ByteOrder.nativeOrder());
        int mixed = (words.getInt(0) ^ words.getInt(4) ^ words.getInt(8) ^ words.getInt(12)) * 0x9e3779b9;
        return mixed >>> 16;
    }

    static byte[] role(Role role) {
        return structure(ROLE_OCTETS)
                .putInt(0, (role.ours() ? ROLE_OURS : 0) | (role.backend() ? ROLE_BACKEND : 0))
                .putInt(4, role.gate())
                .putShort(8, (short) role.firstPort())
                .putShort(10, (short) role.ports())
                .array();
    }

    static Role role(MemorySegment octets) {
        int flags = octets.get(INT, 0);
        return new Role(
                (flags & ROLE_OURS) != 0,
                (flags & ROLE_BACKEND) != 0,
                octets.get(INT, 4),
                unsignedShort(octets, 8),
                unsignedShort(octets, 10));
    }

    static byte[] serviceKey(ServiceKey key) {
        byte[] octets = new byte[SERVICE_KEY_OCTETS];
        putAddress(octets, 0, key.endpoint().address());
        ByteBuffer.wrap(octets).putShort(16, (short) key.endpoint().port()).put(18, (byte)
                (key.transport() == Transport.TCP ? PROTOCOL_TCP : PROTOCOL_UDP));
        return octets;
    }

    static ServiceKey serviceKey(MemorySegment octets) {
        return new ServiceKey(
                octets.get(JAVA_BYTE, 18) == PROTOCOL_TCP ? Transport.TCP : Transport.UDP,
                new Endpoint(address(octets, 0), port(octets, 16)));
    }

    static byte[] service(Service service) {
        return structure(SERVICE_OCTETS)
                .putInt(0, service.id())
                .putInt(
                        4,
                        (service.persistSource() ? SERVICE_PERSIST_SOURCE : 0)
                                | (service.judged() ? SERVICE_JUDGED : 0))
                .putInt(8, MODES.indexOf(service.mode()))
                .putInt(12, service.tableFirst())
                .putInt(16, service.tableSize())
                .putInt(20, service.sourcesFirst())
                .putInt(24, service.sourcesCount())
                .putInt(28, service.door())
                .array();
    }

    static Service service(MemorySegment octets) {
        return new Service(
                octets.get(INT, 0),
                (octets.get(INT, 4) & SERVICE_PERSIST_SOURCE) != 0,
                MODES.get(octets.get(INT, 8)),
                octets.get(INT, 12),
                octets.get(INT, 16),
                octets.get(INT, 20),
                octets.get(INT, 24),
                (octets.get(INT, 4) & SERVICE_JUDGED) != 0,
                octets.get(INT, 28));
    }

    static byte[] source(Source source) {
        byte[] octets = new byte[SOURCE_OCTETS];
        putAddress(octets, 0, source.address());
        ByteBuffer.wrap(octets)
                .order(ByteOrder.nativeOrder())
                .putShort(16, (short) source.firstPort())
                .putShort(18, (short) source.ports());
        return octets;
    }

    static byte[] backend(Backend backend) {
        byte[] octets = new byte[BACKEND_OCTETS];
        putAddress(octets, 0, backend.address());
        ByteBuffer.wrap(octets).putShort(16, (short) backend.port());
        ByteBuffer.wrap(octets)
                .order(ByteOrder.nativeOrder())
                .putShort(18, (short) STATES.indexOf(backend.state()))
                .putInt(20, backend.id())
                .putInt(24, backend.limit());
        return octets;
    }

    static Backend backend(MemorySegment octets) {
        return new Backend(
                address(octets, 0),
                port(octets, 16),
                STATES.get(unsignedShort(octets, 18)),
                octets.get(INT, 20),
                octets.get(INT, 24));
    }

    static byte[] door(Door door) {
        return structure(DOOR_OCTETS)
                .putLong(0, door.owner())
                .putLong(8, door.intervalNanos())
                .putLong(16, door.intervalPerClientNanos())
                .putInt(24, door.flows())
                .putInt(28, door.flowsPerClient())
                .put(32, (byte) (IPV4_OFFSET_BITS + door.ipv4Bits()))
                .put(33, (byte) door.ipv6Bits())
                .array();
    }

    static Door door(MemorySegment octets) {
        return new Door(
                octets.get(LONG, 0),
                octets.get(INT, 24),
                octets.get(INT, 28),
                octets.get(LONG, 8),
                octets.get(LONG, 16),
                Byte.toUnsignedInt(octets.get(JAVA_BYTE, 32)) - IPV4_OFFSET_BITS,
                Byte.toUnsignedInt(octets.get(JAVA_BYTE, 33)));
    }

    /** As {@code group_of}: the clients that count as one with this one at a door. */
    static byte[] clientGroup(int id, Door door, IpAddress client) {
        boolean ipv4 = client.bitLength() == Integer.SIZE;
        int bits = ipv4 ? IPV4_OFFSET_BITS + door.ipv4Bits() : door.ipv6Bits();
        IpAddress first =
                Prefix.around(client, ipv4 ? door.ipv4Bits() : door.ipv6Bits()).address();
        byte[] octets =
                structure(CLIENT_GROUP_OCTETS).putInt(0, id).put(4, (byte) bits).array();
        putAddress(octets, 8, first);
        return octets;
    }

    /** The entry of a network in an access list. */
    static byte[] accessKey(Prefix prefix) {
        boolean ipv4 = prefix.address().bitLength() == 32;
        return accessKey(
                Integer.SIZE + (ipv4 ? IPV4_OFFSET_BITS : 0) + prefix.length(),
                ipv4 ? 4 : 6,
                address(prefix.address()));
    }

    /** The entry of all clients of a family, IPv4 or IPv6, that are in no network. */
    static byte[] accessKeyOfOthers(boolean ipv4) {
        return accessKey(Integer.SIZE, ipv4 ? 4 : 6, new byte[ADDRESS_OCTETS]);
    }

    private static byte[] accessKey(int bits, int family, byte[] address) {
        byte[] octets = structure(ACCESS_KEY_OCTETS).putInt(0, bits).array();
        ByteBuffer.wrap(octets).putInt(4, family).put(8, address);
        return octets;
    }

    static int unsignedShort(MemorySegment octets, long at) {
        return Short.toUnsignedInt(octets.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
    }

    private static ByteBuffer structure(int octets) {
        return ByteBuffer.allocate(octets).order(ByteOrder.nativeOrder());
    }
}
