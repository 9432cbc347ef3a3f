// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.Optional;

/**
 * What {@code global_defs} sets for all instances.
 *
 * @param version the VRRP version, with the directive that sets it
 * @param garpRepeat how many gratuitous ARPs are sent at once
 * @param garpRefresh the seconds between later ones
 */
record GlobalDefs(Optional<Directive> version, Optional<Directive> garpRepeat, Optional<Directive> garpRefresh) {

    static GlobalDefs none() {
        return new GlobalDefs(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** Reads the block; what else it holds goes into the new configuration or into the notes. */
    GlobalDefs with(Directive block, Draft.Section root, Notes notes) {
        Optional<Directive> newVersion = version;
        Optional<Directive> newRepeat = garpRepeat;
        Optional<Directive> newRefresh = garpRefresh;
        for (Directive each : block.block()) {
            switch (each.name()) {
                case "router_id" -> nodeName(each, root, notes);
                case "vrrp_version" -> newVersion = Optional.of(each);
                case "vrrp_garp_master_repeat", "vrrp_min_garp" -> newRepeat = Optional.of(each);
                case "vrrp_garp_master_refresh" -> newRefresh = Optional.of(each);
                case "vrrp_startup_delay" ->
                    root.section("node", each).put("startup_delay", Numbers.duration(each.argument()), each);
                default -> KnownDirectives.tell(each, notes);
            }
        }
        return new GlobalDefs(newVersion, newRepeat, newRefresh);
    }

    private static void nodeName(Directive directive, Draft.Section root, Notes notes) {
        root.section("node", directive).put("name", Names.clean(directive, directive.argument(), notes), directive);
    }
}
