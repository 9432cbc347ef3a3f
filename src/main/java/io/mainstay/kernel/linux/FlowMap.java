// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.FlowProgram.Refusal;
import java.util.Locale;

/** The maps of native/bpf/maps.h that the daemon reads or writes, by the names that they are pinned under. */
enum FlowMap {
    SETTINGS(FlowAbi.INDEX_OCTETS, FlowAbi.SETTINGS_OCTETS),
    CLOCK(FlowAbi.INDEX_OCTETS, FlowAbi.CLOCK_OCTETS),
    ADDRESSES(FlowAbi.ADDRESS_OCTETS, FlowAbi.ROLE_OCTETS),
    FILTER(FlowAbi.INDEX_OCTETS, Long.BYTES),
    VIRTUAL_MACS(FlowAbi.INDEX_OCTETS, Long.BYTES),
    GATES(FlowAbi.INDEX_OCTETS, FlowAbi.GATE_OCTETS),
    SERVICES(FlowAbi.SERVICE_KEY_OCTETS, FlowAbi.SERVICE_OCTETS),
    FORMERS(FlowAbi.ADDRESS_OCTETS, FlowAbi.FORMER_OCTETS),
    FRONTS(FlowAbi.SERVICE_KEY_OCTETS, FlowAbi.SERVICE_KEY_OCTETS),
    TABLES(FlowAbi.INDEX_OCTETS, FlowAbi.TABLE_OCTETS),
    SOURCES(FlowAbi.INDEX_OCTETS, FlowAbi.SOURCE_OCTETS),
    BACKENDS(FlowAbi.INDEX_OCTETS, FlowAbi.BACKEND_OCTETS),
    OWNERS(FlowAbi.INDEX_OCTETS, FlowAbi.OWNER_OCTETS),
    FLOWS(FlowAbi.TUPLE_OCTETS, FlowAbi.FLOW_OCTETS),
    EMBRYOS(FlowAbi.TUPLE_OCTETS, FlowAbi.FLOW_OCTETS),
    TRAFFIC(FlowAbi.INDEX_OCTETS, FlowAbi.TRAFFIC_OCTETS),
    LATENCY(FlowAbi.INDEX_OCTETS, FlowAbi.LATENCY_OCTETS),
    EVENTS(FlowAbi.INDEX_OCTETS, FlowAbi.EVENT_OCTETS),
    DOORS(FlowAbi.INDEX_OCTETS, FlowAbi.DOOR_OCTETS),
    DOOR_STATES(FlowAbi.INDEX_OCTETS, FlowAbi.DOOR_STATE_OCTETS),
    REFUSALS(FlowAbi.INDEX_OCTETS, Refusal.values().length * Long.BYTES),
    CLIENT_COUNTS(FlowAbi.CLIENT_GROUP_OCTETS, FlowAbi.CLIENT_COUNT_OCTETS),
    CLIENT_RATES(FlowAbi.CLIENT_GROUP_OCTETS, FlowAbi.CLIENT_RATE_OCTETS),
    BACKEND_LOADS(FlowAbi.INDEX_OCTETS, FlowAbi.BACKEND_LOAD_OCTETS),
    ACCESS_LISTS(FlowAbi.INDEX_OCTETS, Integer.BYTES);

    private final int keyOctets;
    private final int valueOctets;

    FlowMap(int keyOctets, int valueOctets) {
        this.keyOctets = keyOctets;
        this.valueOctets = valueOctets;
    }

    String pinName() {
        return name().toLowerCase(Locale.ROOT);
    }

    int keyOctets() {
        return keyOctets;
    }

    /** Of a map with a value for each processor: of one of these. */
    int valueOctets() {
        return valueOctets;
    }
}
