// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.migrate.Draft.Section;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Makes virtual routers of {@code vrrp_instance} and {@code vrrp_sync_group}. */
final class VirtualRouters {

    private static final int LONGEST_PASSWORD = 8;
    private static final int OWNER = 255;

    /** What the members of a sync group must have in common here. */
    private static final List<String> COMMON = List.of("priority", "preempt", "preempt_delay");

    private final Section root;
    private final GlobalDefs global;
    private final Trackers trackers;
    private final Hooks hooks;
    private final Notes notes;
    private final Map<String, Section> routers = new HashMap<>();

    VirtualRouters(Section root, GlobalDefs global, Trackers trackers, Hooks hooks, Notes notes) {
        this.root = root;
        this.global = global;
        this.trackers = trackers;
        this.hooks = hooks;
        this.notes = notes;
    }

    void addInstance(Directive instance) {
        Section router = Section.of(instance);
        if (!instance.argument().isEmpty()) {
            router.put("name", Names.clean(instance, instance.argument(), notes), instance);
        }
        Versions versions = new Versions(instance, global);
        for (Directive each : instance.block()) {
            take(each, router, versions);
        }
        versions.into(router, notes);
        heedInitialState(instance, router);
        leaveOutWhatNoPeerHears(router);
        announceDefaults(router);
        hooks.addAll(instance, router, Hooks.Teller.instance(instance));
        routers.put(instance.argument(), router);
        root.items("virtual_routers", instance).add(router);
    }

    private void take(Directive each, Section router, Versions versions) {
        switch (each.name()) {
            case "interface" -> router.put("interface", each.argument(), each);
            case "virtual_router_id" -> router.put("vrid", Numbers.number(each.argument()), each);
            case "priority" -> router.put("priority", Numbers.number(each.argument()), each);
            case "advert_int" -> router.put("advertisement_interval", Numbers.duration(each.argument()), each);
            case "virtual_ipaddress" -> addresses(each, router);
            case "virtual_ipaddress_excluded" -> excludedAddresses(each, router);
            case "nopreempt" -> router.put("preempt", false, each);
            case "preempt" -> router.put("preempt", true, each);
            case "preempt_delay" -> router.put("preempt_delay", Numbers.duration(each.argument()), each);
            case "version" -> versions.take(each);
            case "v3_checksum_as_v2" -> versions.takeChecksum(each);
            case "authentication" -> authentication(each, router, versions);
            case "auth_hmac" -> SignedAdvertisements.take(each, router, notes);
            case "unicast_peer" -> unicastPeers(each, router);
            case "use_vmac" -> {
                router.put("virtual_mac", true, each);
                if (each.words().size() > 1) {
                    notes.changed(each, "the interface of the virtual MAC has a name of Mainstay's own");
                }
            }
            case "garp_master_repeat" ->
                router.section("announce", each).put("repeat", Numbers.number(each.argument()), each);
            case "garp_master_refresh" ->
                router.section("announce", each).put("refresh", Numbers.duration(each.argument()), each);
            case "track_interface", "track_script", "track_process", "track_file", "vrrp_track_process" ->
                trackers.track(each, router);
            case "notify_master", "notify_backup", "notify_fault", "notify" -> {
                // Their arguments tell the priority, which may stand below.
            }
            default -> KnownDirectives.tell(each, notes);
        }
    }

    /** What {@code state MASTER} means for keepalived beside the first moment of its life. */
    private void heedInitialState(Directive instance, Section router) {
        Optional<Directive> master =
                instance.find("state").filter(state -> state.argument().equals("MASTER"));
        if (master.isEmpty()) {
            return;
        }
        if (!router.has("priority")) {
            router.put("priority", OWNER, master.get());
            notes.changed(
                    master.get(),
                    "without a priority it makes the node the owner of the addresses, 255, for which no weight counts: better"
                            + " give it one of 1..254");
        }
        instance.find("nopreempt")
                .ifPresent(each -> notes.changed(
                        each, "keepalived ignores it beside state MASTER; here it holds, or remove preempt: false"));
    }

    private void announceDefaults(Section router) {
        global.garpRepeat().ifPresent(each -> {
            Section announce = router.section("announce", each);
            if (!announce.has("repeat")) {
                boolean once = each.name().equals("vrrp_min_garp");
                if (!once) {
                    announce.put("repeat", Numbers.number(each.argument()), each);
                } else if (Numbers.on(each.argument())) {
                    announce.put("repeat", 1, each);
                }
            }
        });
        global.garpRefresh().ifPresent(each -> {
            Section announce = router.section("announce", each);
            if (!announce.has("refresh")) {
                announce.put("refresh", Numbers.duration(each.argument()), each);
            }
        });
    }

    private void addresses(Directive block, Section router) {
        Draft.Items addresses = router.items("addresses", block);
        for (Directive each : block.block()) {
            addresses.add(withLength(each.name()), each);
            options(each, router);
        }
    }

    /** keepalived leaves these out of its advertisements, and before 2.3.3 refuses those that name others than its own. */
    private void excludedAddresses(Directive block, Section router) {
        addresses(block, router);
        notes.changed(
                block,
                "Mainstay advertises these too, and a keepalived before 2.3.3 throws such advertisements away, so that both"
                        + " would be Active: move those of the family that it advertises into virtual_ipaddress there first");
    }

    /** keepalived advertises over the family of its peers, and moves excluded addresses of the other along. */
    private void leaveOutWhatNoPeerHears(Section router) {
        if (router.keys().get("unicast_peers") instanceof Draft.Items peers
                && router.keys().get("addresses") instanceof Draft.Items addresses) {
            Set<Boolean> heard =
                    peers.items().stream().map(VirtualRouters::isIpv6).collect(Collectors.toSet());
            List<Draft> unheard = addresses.items().stream()
                    .filter(address -> !heard.isEmpty() && !heard.contains(isIpv6(address)))
                    .toList();
            addresses.items().removeAll(unheard);
            unheard.forEach(address -> notes.notMapped(
                    address.from(),
                    "Mainstay advertises an address over its own family, and no unicast_peer is of that: give it a virtual"
                            + " router with such peers, in one sync_group with this one"));
        }
    }

    private static boolean isIpv6(Draft address) {
        return address instanceof Draft.Leaf leaf && leaf.value().toString().indexOf(':') >= 0;
    }

    /** keepalived counts an address without a length as a host. */
    private static String withLength(String address) {
        if (address.indexOf('/') >= 0) {
            return address;
        }
        return address + (address.indexOf(':') >= 0 ? "/128" : "/32");
    }

    private void options(Directive address, Section router) {
        List<String> options = address.arguments();
        int device = options.indexOf("dev");
        String interfaceName = device >= 0 && device + 1 < options.size() ? options.get(device + 1) : "";
        boolean elsewhere = !interfaceName.isEmpty()
                && router.keys().get("interface") instanceof Draft.Leaf own
                && !interfaceName.equals(own.value());
        if (elsewhere) {
            notes.changed(
                    address,
                    "it will stand on the interface of the virtual router, not on " + interfaceName
                            + ": give it a virtual router there, in one sync_group with this one");
        }
        List<String> others = options.stream()
                .filter(word -> switch (word) {
                    case "brd",
                            "scope",
                            "label",
                            "peer",
                            "home",
                            "-nodad",
                            "mngtmpaddr",
                            "noprefixroute",
                            "autojoin",
                            "no_track",
                            "preferred_lft",
                            "use_vmac" -> true;
                    default -> false;
                })
                .toList();
        if (!others.isEmpty()) {
            notes.changed(address, "an address has no " + String.join(", ", others));
        }
    }

    private void authentication(Directive block, Section router, Versions versions) {
        boolean simple =
                block.find("auth_type").map(Directive::argument).orElse("PASS").equals("PASS");
        Optional<Directive> password = block.find("auth_pass");
        if (!simple) {
            notes.notMapped(block, "VRRP with an IPsec header (AH) is not spoken");
        } else if (versions.isVersion3()) {
            notes.notNeeded(block, "VRRP version 3 has no password, and keepalived sends none");
        } else if (password.isPresent()) {
            String text = password.get().argument();
            if (text.length() > LONGEST_PASSWORD) {
                notes.changed(password.get(), "its first 8 characters count, as they do for keepalived");
            }
            router.put("password", text.substring(0, Math.min(LONGEST_PASSWORD, text.length())), password.get());
        }
    }

    private void unicastPeers(Directive block, Section router) {
        // Without any it would multicast, beside a keepalived that does not hear that.
        Draft.Items peers = router.neededItems("unicast_peers", block);
        for (Directive each : block.block()) {
            peers.add(each.name(), each);
            int least = each.words().indexOf("min_ttl");
            if (least > 0) {
                router.put("unicast_min_ttl", Numbers.number(each.word(least + 1)), each);
            }
            if (each.words().contains("max_ttl")) {
                notes.notMapped(each, "there is no greatest TTL");
            }
        }
    }

    /** The members of a group move together; what the group tracks and runs goes to its first member. */
    void addGroup(Directive group) {
        String name = Names.clean(group, group.argument(), notes);
        Optional<Section> first = Optional.empty();
        for (Directive list : group.block().stream()
                .filter(each -> each.name().equals("group"))
                .toList()) {
            for (Directive member : list.block()) {
                for (String word : member.words()) {
                    Optional<Section> router = Optional.ofNullable(routers.get(word));
                    if (router.isEmpty()) {
                        notes.notMapped(member, "there is no vrrp_instance " + word);
                        continue;
                    }
                    router.get().put("sync_group", name, member);
                    first = first.or(() -> router);
                    align(router.get(), first.get(), member);
                }
            }
        }
        Section carrier = first.orElse(Section.of(group));
        hooks.addAll(group, carrier, Hooks.Teller.group(group));
        for (Directive each : group.block()) {
            takeOfGroup(each, carrier);
        }
    }

    /** keepalived lets members differ, and the group go back and forth. */
    private void align(Section router, Section first, Directive member) {
        for (String key : COMMON) {
            Object here = valueOf(router, key);
            Object there = valueOf(first, key);
            if (!here.equals(there)) {
                if (first.keys().get(key) instanceof Draft.Leaf leaf) {
                    router.put(key, leaf);
                } else {
                    router.keys().remove(key);
                }
                notes.changed(
                        member, "it gets the " + key + " of the first member of the group, which all have to share");
            }
        }
    }

    private static Object valueOf(Section router, String key) {
        return router.keys().get(key) instanceof Draft.Leaf leaf ? leaf.value() : "";
    }

    private void takeOfGroup(Directive each, Section carrier) {
        switch (each.name()) {
            case "group" -> {}
            case "track_interface", "track_script", "track_process", "track_file" -> {
                trackers.track(each, carrier);
                notes.changed(each, "tracked by the first member of the group, with which the others move");
            }
            case "notify_master", "notify_backup", "notify_fault", "notify" -> {
                notes.changed(each, "run for the first member of the group");
            }
            case "global_tracking", "sync_group_tracking_weight" ->
                notes.notNeeded(each, "what is tracked by one member counts for the group");
            default -> KnownDirectives.tell(each, notes);
        }
    }
}
