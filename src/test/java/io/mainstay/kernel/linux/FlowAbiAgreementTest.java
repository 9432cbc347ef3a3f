// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.kernel.FlowCursor;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Backend;
import io.mainstay.net.Endpoint;
import io.mainstay.net.IpAddress;
import io.mainstay.net.MacAddress;
import io.mainstay.net.Prefix;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualRouterId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The daemon and the data path mean the same by the octets of the maps: compared with what the C compiler made of abi.h. */
@Tag("native")
class FlowAbiAgreementTest {

    private static Map<String, Integer> ofC() throws Exception {
        Map<String, Integer> values = new HashMap<>();
        for (String line : NativeBpfBuild.run(NativeBpfBuild.file("abi_dump").toString())) {
            int space = line.indexOf(' ');
            values.put(line.substring(0, space), Integer.valueOf(line.substring(space + 1)));
        }
        return values;
    }

    @Test
    void sizesPlacesAndNumbersAreThoseOfTheHeader() throws Exception {
        Map<String, Integer> java = new LinkedHashMap<>();
        java.put("tuple", FlowAbi.TUPLE_OCTETS);
        java.put("tuple.destination", FlowAbi.TUPLE_DESTINATION);
        java.put("tuple.source_port", FlowAbi.TUPLE_SOURCE_PORT);
        java.put("tuple.destination_port", FlowAbi.TUPLE_DESTINATION_PORT);
        java.put("tuple.protocol", FlowAbi.TUPLE_PROTOCOL);
        java.put("settings", FlowAbi.SETTINGS_OCTETS);
        java.put("clock", FlowAbi.CLOCK_OCTETS);
        java.put("role", FlowAbi.ROLE_OCTETS);
        java.put("service_key", FlowAbi.SERVICE_KEY_OCTETS);
        java.put("service", FlowAbi.SERVICE_OCTETS);
        java.put("source", FlowAbi.SOURCE_OCTETS);
        java.put("backend", FlowAbi.BACKEND_OCTETS);
        java.put("owner", FlowAbi.OWNER_OCTETS);
        java.put("flow", FlowAbi.FLOW_OCTETS);
        java.put("flow.destination", FlowAbi.FLOW_DESTINATION);
        java.put("flow.source_port", FlowAbi.FLOW_SOURCE_PORT);
        java.put("flow.destination_port", FlowAbi.FLOW_DESTINATION_PORT);
        java.put("flow.backend", FlowAbi.FLOW_BACKEND);
        java.put("flow.backend_id", FlowAbi.FLOW_BACKEND_ID);
        java.put("flow.state", FlowAbi.FLOW_STATE);
        java.put("flow.seen", FlowAbi.FLOW_SEEN);
        java.put("flow.acknowledged", FlowAbi.FLOW_ACKNOWLEDGED);
        java.put("flow.gate", FlowAbi.FLOW_GATE);
        java.put("flow.to_client", FlowAbi.FLOW_TO_CLIENT);
        java.put("flow.mode", FlowAbi.FLOW_MODE);
        java.put("flow.hop_mtu", FlowAbi.FLOW_HOP_MTU);
        java.put("flow.hop_interface", FlowAbi.FLOW_HOP_INTERFACE);
        java.put("flow.hop_gateway", FlowAbi.FLOW_HOP_GATEWAY);
        java.put("latency", FlowAbi.LATENCY_OCTETS);
        java.put("latency.first_byte", FlowAbi.LATENCY_OCTETS / 2);
        java.put("LATENCY_BUCKETS", FlowAbi.LATENCY_BUCKETS);
        java.put("MODE_DSR", FlowAbi.MODE_DSR);
        java.put("traffic", FlowAbi.TRAFFIC_OCTETS);
        java.put("traffic.octets_in", 8);
        java.put("traffic.octets_out", 24);
        java.put("traffic.flows_opened", 40);
        java.put("flow.door", FlowAbi.FLOW_DOOR);
        java.put("door", FlowAbi.DOOR_OCTETS);
        java.put("door_state", FlowAbi.DOOR_STATE_OCTETS);
        java.put("door_state.live", FlowAbi.DOOR_STATE_LIVE);
        java.put("client_group", FlowAbi.CLIENT_GROUP_OCTETS);
        java.put("client_count", FlowAbi.CLIENT_COUNT_OCTETS);
        java.put("access_key", FlowAbi.ACCESS_KEY_OCTETS);
        java.put("order", FlowAbi.ORDER_OCTETS);
        java.put("order.action", 0);
        java.put("order.door", FlowAbi.ORDER_DOOR);
        java.put("order.flow", FlowAbi.ORDER_FLOW);
        java.put("order.group", FlowAbi.ORDER_GROUP);
        java.put("former", FlowAbi.FORMER_OCTETS);
        java.put("former.interface", FlowAbi.FORMER_INTERFACE);
        java.put("detour", FlowAbi.DETOUR_OCTETS);
        java.put("detour.until", FlowAbi.DETOUR_UNTIL);
        java.put("detour.interface", FlowAbi.DETOUR_INTERFACE);
        java.put("detour.credit", FlowAbi.DETOUR_CREDIT);
        java.put("ORDER_FORGET", FlowAbi.ORDER_FORGET);
        java.put("ORDER_COUNT", FlowAbi.ORDER_COUNT);
        java.put("ORDER_UNCOUNT", FlowAbi.ORDER_UNCOUNT);
        java.put("ORDER_SWEEP", FlowAbi.ORDER_SWEEP);
        java.put("ACCESS_ALLOWED", FlowAbi.ACCESS_ALLOWED);
        java.put("ACCESS_DENIED", FlowAbi.ACCESS_DENIED);
        java.put("FLOW_COUNTED", FlowCursor.COUNTED);
        java.put("REFUSALS", FlowProgram.Refusal.values().length);
        int number = 0;
        for (FlowProgram.Refusal refusal : FlowProgram.Refusal.values()) {
            java.put("REFUSED_" + refusal, number++);
        }
        java.put("FILTER_BITS", FlowAbi.FILTER_WORDS * Long.SIZE);
        java.put("VIRTUAL_MACS", FlowAbi.VIRTUAL_MAC_WORDS * Long.SIZE);
        java.put("EVENTS", FlowEvent.values().length);
        java.put("GATE_OPEN", FlowAbi.GATE_OPEN);
        java.put("GATE_TICK_SHIFT", FlowAbi.GATE_TICK_SHIFT);
        java.put("FLOW_BACKEND_SPOKE", FlowCursor.BACKEND_SPOKE);
        java.put("FLOW_CLIENT_FIN", FlowCursor.CLIENT_FIN);
        java.put("FLOW_BACKEND_FIN", FlowCursor.BACKEND_FIN);
        java.put("FLOW_RESET", FlowCursor.RESET);
        java.put("FLOW_LIVE", FlowCursor.LIVE);
        java.put("FLOW_ENDED", FlowCursor.ENDED);
        for (FlowProgram.State state : FlowProgram.State.values()) {
            Backend backend = new Backend(IpAddress.parse("198.18.0.11"), 0, state, 0);
            java.put("BACKEND_" + state, (int) ints(FlowAbi.backend(backend)).getShort(18));
        }
        for (FlowProgram.Mode mode : FlowProgram.Mode.values()) {
            java.put(
                    "MODE_" + mode,
                    ints(FlowAbi.service(new FlowProgram.Service(0, false, mode, 0, 0, 0, 0)))
                            .getInt(8));
        }
        java.put("filter_bit", FlowAbi.filterBit(IpAddress.parse("198.18.0.100")));
        assertThat(ofC()).containsAllEntriesOf(java);
    }

    @Test
    void theBitOfAVirtualMacIsItsVridAndThatOfIpv6Is256Higher() {
        assertThat(FlowAbi.virtualMacBit(MacAddress.ofVirtualRouterIpv4(new VirtualRouterId(255))))
                .isEqualTo(255);
        assertThat(FlowAbi.virtualMacBit(MacAddress.ofVirtualRouterIpv6(new VirtualRouterId(1))))
                .isEqualTo(257);
        assertThatThrownBy(() -> FlowAbi.virtualMacBit(MacAddress.BROADCAST)).hasMessageContaining("virtual router");
    }

    @Test
    void everyMemberStandsWhereTheHeaderPutsIt() throws Exception {
        Map<String, Integer> c = ofC();
        ByteBuffer settings = ints(FlowAbi.settings(new FlowProgram.Settings(1, 2, true, 3, 4, 5)));
        assertThat(settings.getLong(at(c, "settings.secret"))).isEqualTo(1);
        assertThat(settings.getInt(at(c, "settings.flags"))).isEqualTo(at(c, "SETTINGS_NAT"));
        assertThat(settings.getInt(at(c, "settings.embryo_ticks"))).isEqualTo(3);
        assertThat(settings.getInt(at(c, "settings.udp_ticks"))).isEqualTo(4);
        assertThat(settings.getInt(at(c, "settings.hop_ticks"))).isEqualTo(5);

        ByteBuffer service =
                ints(FlowAbi.service(new FlowProgram.Service(1, true, FlowProgram.Mode.DSR, 2, 3, 4, 5, true, 6)));
        assertThat(service.getInt(at(c, "service.id"))).isEqualTo(1);
        assertThat(service.getInt(at(c, "service.flags")))
                .isEqualTo(at(c, "SERVICE_PERSIST_SOURCE") | at(c, "SERVICE_JUDGED"));
        assertThat(service.getInt(at(c, "service.mode"))).isEqualTo(at(c, "MODE_DSR"));
        assertThat(service.getInt(at(c, "service.table_first"))).isEqualTo(2);
        assertThat(service.getInt(at(c, "service.table_size"))).isEqualTo(3);
        assertThat(service.getInt(at(c, "service.sources_first"))).isEqualTo(4);
        assertThat(service.getInt(at(c, "service.sources_count"))).isEqualTo(5);
        assertThat(service.getInt(at(c, "service.door"))).isEqualTo(6);

        ByteBuffer role = ints(FlowAbi.role(new FlowProgram.Role(true, true, 7, 10240, 22528)));
        assertThat(role.getInt(at(c, "role.flags"))).isEqualTo(at(c, "ROLE_OURS") | at(c, "ROLE_BACKEND"));
        assertThat(role.getInt(at(c, "role.gate"))).isEqualTo(7);
        assertThat(role.getShort(at(c, "role.first_port"))).isEqualTo((short) 10240);
        assertThat(role.getShort(at(c, "role.ports"))).isEqualTo((short) 22528);

        byte[] backend =
                FlowAbi.backend(new Backend(IpAddress.parse("198.18.0.11"), 8080, FlowProgram.State.DOWN, 9, 7));
        assertThat(ints(backend).getShort(at(c, "backend.state"))).isEqualTo((short) at(c, "BACKEND_DOWN"));
        assertThat(ints(backend).getInt(at(c, "backend.id"))).isEqualTo(9);
        assertThat(ints(backend).getInt(at(c, "backend.limit"))).isEqualTo(7);
        assertThat(ByteBuffer.wrap(backend).getShort(at(c, "backend.port"))).isEqualTo((short) 8080);

        ByteBuffer source = ints(FlowAbi.source(new FlowProgram.Source(IpAddress.parse("2001:db8::1"), 10240, 9)));
        assertThat(source.getShort(at(c, "source.first_port"))).isEqualTo((short) 10240);
        assertThat(source.getShort(at(c, "source.ports"))).isEqualTo((short) 9);

        ByteBuffer door = ints(FlowAbi.door(new FlowProgram.Door(1, 2, 3, 4, 5, 24, 128)));
        assertThat(door.getLong(at(c, "door.owner"))).isEqualTo(1);
        assertThat(door.getInt(at(c, "door.flows"))).isEqualTo(2);
        assertThat(door.getInt(at(c, "door.flows_per_client"))).isEqualTo(3);
        assertThat(door.getLong(at(c, "door.interval"))).isEqualTo(4);
        assertThat(door.getLong(at(c, "door.interval_per_client"))).isEqualTo(5);
        assertThat(door.get(at(c, "door.ipv4_bits"))).isEqualTo((byte) (96 + 24));
        assertThat(door.get(at(c, "door.ipv6_bits"))).isEqualTo((byte) 128);

        byte[] network = FlowAbi.accessKey(Prefix.parse("198.18.0.0/15"));
        assertThat(ints(network).getInt(at(c, "access_key.prefix"))).isEqualTo(32 + 96 + 15);
        assertThat(ByteBuffer.wrap(network).getInt(at(c, "access_key.family"))).isEqualTo(4);
        assertThat(network[at(c, "access_key.address") + 12]).isEqualTo((byte) 198);

        byte[] key = FlowAbi.serviceKey(new FlowProgram.ServiceKey(Transport.UDP, Endpoint.parse("198.18.0.100:53")));
        assertThat(ByteBuffer.wrap(key).getShort(at(c, "service_key.port"))).isEqualTo((short) 53);
        assertThat(key[at(c, "service_key.protocol")]).isEqualTo((byte) 17);
    }

    @Test
    void whatIsWrittenReadsBack() {
        try (Arena arena = Arena.ofConfined()) {
            for (String address : new String[] {"198.18.0.11", "2001:db8::b"}) {
                Backend backend = new Backend(IpAddress.parse(address), 65535, FlowProgram.State.READY, 7, 8);
                assertThat(FlowAbi.backend(segment(arena, FlowAbi.backend(backend))))
                        .isEqualTo(backend);
                Endpoint endpoint = new Endpoint(IpAddress.parse(address), 40000);
                FlowProgram.ServiceKey key = new FlowProgram.ServiceKey(Transport.TCP, endpoint);
                assertThat(FlowAbi.serviceKey(segment(arena, FlowAbi.serviceKey(key))))
                        .isEqualTo(key);
            }
            FlowProgram.Door door = new FlowProgram.Door(-1, 2, 3, 4, 5, 32, 128);
            assertThat(FlowAbi.door(segment(arena, FlowAbi.door(door)))).isEqualTo(door);
            FlowProgram.Service service = new FlowProgram.Service(1, false, FlowProgram.Mode.NAT, 2, 3, 4, 5, true, 6);
            assertThat(FlowAbi.service(segment(arena, FlowAbi.service(service))))
                    .isEqualTo(service);
            FlowProgram.Role role = new FlowProgram.Role(true, false, 7, 61000, 4536);
            assertThat(FlowAbi.role(segment(arena, FlowAbi.role(role)))).isEqualTo(role);
        }
    }

    private static MemorySegment segment(Arena arena, byte[] octets) {
        return arena.allocateFrom(ValueLayout.JAVA_BYTE, octets);
    }

    private static ByteBuffer ints(byte[] octets) {
        return ByteBuffer.wrap(octets).order(ByteOrder.nativeOrder());
    }

    private static int at(Map<String, Integer> values, String name) {
        return Objects.requireNonNull(values.get(name), name);
    }
}
