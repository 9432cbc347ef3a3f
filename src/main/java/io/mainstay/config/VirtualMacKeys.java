// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.VirtualRouter;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import io.mainstay.takeover.VirtualMacConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The keys of a virtual router that give it a MAC address of its own, and what must hold between them. */
final class VirtualMacKeys {

    private static final Pattern PREFIX_TEXT =
            Pattern.compile("[A-Za-z][A-Za-z0-9._-]{0," + (VirtualMacConfig.LONGEST_PREFIX - 1) + "}");

    static final Key.Scalar<Boolean> VIRTUAL_MAC = Key.optional(
            "virtual_mac",
            ScalarTypes.bool(),
            false,
            "Whether the addresses have the MAC address of the virtual router, 00:00:5e:00:01:VRID and 00:00:5e:00:02:VRID for"
                    + " IPv6, which moves with them, so that neighbours need not learn another; the same on each node."
                    + " docs/operating.md tells what the network has to allow.");

    static final Key.Scalar<String> PREFIX = Key.optional(
            "virtual_mac_prefix",
            new ScalarType<>(
                    "1.." + VirtualMacConfig.LONGEST_PREFIX
                            + " letters, digits and characters of . _ -, starting with a letter",
                    ScalarType.Form.TEXT,
                    VirtualMacKeys::prefix,
                    prefix -> prefix),
            VirtualMacConfig.DEFAULT_PREFIX,
            "With virtual_mac: what the names of the interfaces begin with that bear it: vrrp gives vrrp4-51, and vrrp6-51 for"
                    + " IPv6.");

    private VirtualMacKeys() {}

    private static String prefix(String text) {
        if (!PREFIX_TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("prefix");
        }
        return text;
    }

    static Optional<VirtualMacConfig> read(WrittenSection router) {
        return ConfigBuilder.get(router, VIRTUAL_MAC)
                ? Optional.of(new VirtualMacConfig(ConfigBuilder.get(router, PREFIX)))
                : Optional.empty();
    }

    /** The prefix that is written for one with or without a virtual MAC. */
    static String prefixOf(Optional<VirtualMacConfig> virtualMac) {
        return virtualMac.map(VirtualMacConfig::prefix).orElse(VirtualMacConfig.DEFAULT_PREFIX);
    }

    /** Over all virtual routers of the node. */
    static final class Check {

        private final Problems problems;
        private final Map<InterfaceName, String> names = new HashMap<>();

        Check(Problems problems) {
            this.problems = problems;
        }

        void check(List<WrittenSection> routers) {
            for (WrittenSection router : routers) {
                if (Boolean.TRUE.equals(router.value(VIRTUAL_MAC))) {
                    checkOwner(router);
                    checkNames(router);
                } else if (isAnotherPrefix(router.value(PREFIX))) {
                    problems.warn(router.placeOf(PREFIX), router.pathOf(PREFIX), "has no effect: virtual_mac is false");
                }
            }
            for (WrittenSection router : routers) {
                InterfaceName own = router.value(VirtualRouter.INTERFACE);
                String maker = own == null ? null : names.get(own);
                if (own != null && maker != null) {
                    problems.refuse(
                            router.placeOf(VirtualRouter.INTERFACE),
                            router.pathOf(VirtualRouter.INTERFACE),
                            own.value(),
                            "an interface of the host; this one is made by " + maker + " for its virtual MAC");
                }
            }
        }

        /** One that could not be read is told as such. */
        private static boolean isAnotherPrefix(@Nullable String prefix) {
            return prefix != null && !prefix.equals(VirtualMacConfig.DEFAULT_PREFIX);
        }

        private void checkOwner(WrittenSection router) {
            if (Priority.OWNER.equals(router.value(VirtualRouter.PRIORITY))) {
                problems.refuse(
                        router.placeOf(VIRTUAL_MAC),
                        router.pathOf(VIRTUAL_MAC),
                        "true",
                        "false with priority: 255, since the addresses of an owner stay on its interface; or a priority"
                                + " of 1..254");
            }
        }

        private void checkNames(WrittenSection router) {
            String prefix = router.value(PREFIX);
            VirtualRouterId vrid = router.value(VirtualRouter.VRID);
            if (prefix == null || vrid == null) {
                return;
            }
            for (IpFamily family : VirtualRouterChecks.families(router)) {
                InterfaceName name = new VirtualMacConfig(prefix).interfaceName(family, vrid);
                String other = names.putIfAbsent(name, router.path());
                if (other != null) {
                    problems.error(
                            router.placeOf(VIRTUAL_MAC),
                            router.pathOf(VIRTUAL_MAC),
                            "true gives an interface " + name + ", which " + other
                                    + " has (expected: another virtual_mac_prefix in one of them)");
                }
            }
        }
    }
}
