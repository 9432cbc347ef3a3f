// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.KernelException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/** Maps of the data path, or of its second copy, that are pinned in one directory. Safe for use by several threads. */
final class FlowMaps implements AutoCloseable {

    private final Map<FlowMap, BpfMap> maps;

    private FlowMaps(Map<FlowMap, BpfMap> maps) {
        this.maps = maps;
    }

    /** Opens all of these, or none. */
    static FlowMaps open(Path directory, Set<FlowMap> wanted) throws KernelException {
        FlowMaps opened = new FlowMaps(new EnumMap<>(FlowMap.class));
        try {
            for (FlowMap each : wanted) {
                opened.maps.put(
                        each, BpfMap.open(directory.resolve(each.pinName()), each.keyOctets(), each.valueOctets()));
            }
        } catch (KernelException e) {
            opened.close();
            throw e;
        }
        return opened;
    }

    /** One of those that were opened. */
    BpfMap get(FlowMap which) {
        BpfMap map = maps.get(which);
        if (map == null) {
            throw new IllegalArgumentException(which + " (expected: one of " + maps.keySet() + ")");
        }
        return map;
    }

    /** Lets go of them; what is pinned stays. */
    @Override
    public void close() {
        maps.values().forEach(BpfMap::close);
    }
}
