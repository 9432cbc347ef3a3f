// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.VirtualRouter;
import io.mainstay.config.WrittenSection.Item;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpFamily;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What must hold between the keys of the virtual routers. Works on what could be read, so that one run finds all. */
final class VirtualRouterChecks {

    private record Segment(InterfaceName interfaceName, IpFamily family, VirtualRouterId vrid) {}

    private final Problems problems;
    private final Map<String, String> names = new HashMap<>();
    private final Map<Segment, String> vrids = new HashMap<>();
    private final Map<IpAddress, String> addresses = new HashMap<>();

    VirtualRouterChecks(Problems problems) {
        this.problems = problems;
    }

    void check(List<WrittenSection> routers) {
        for (WrittenSection router : routers) {
            checkVrid(router);
            checkName(router);
            for (Item<VirtualAddress> address : router.items(VirtualRouter.ADDRESSES)) {
                checkAddress(address);
            }
            checkAddressCount(router);
            checkPreemption(router);
            ProtocolKeys.check(router, problems);
        }
        new VirtualMacKeys.Check(problems).check(routers);
    }

    private void checkVrid(WrittenSection router) {
        InterfaceName interfaceName = router.value(VirtualRouter.INTERFACE);
        VirtualRouterId vrid = router.value(VirtualRouter.VRID);
        if (interfaceName == null || vrid == null) {
            return;
        }
        for (IpFamily family : families(router)) {
            String other = vrids.putIfAbsent(new Segment(interfaceName, family, vrid), router.path());
            if (other != null) {
                problems.refuse(
                        router.placeOf(VirtualRouter.VRID),
                        router.pathOf(VirtualRouter.VRID),
                        vrid.toString(),
                        "a VRID of its own for " + family + " on " + interfaceName + "; " + other + " has this one");
            }
        }
    }

    static Set<IpFamily> families(WrittenSection router) {
        return router.items(VirtualRouter.ADDRESSES).stream()
                .map(item -> item.value().address().family())
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(IpFamily.class)));
    }

    private void checkAddressCount(WrittenSection router) {
        for (IpFamily family : families(router)) {
            long count = router.items(VirtualRouter.ADDRESSES).stream()
                    .filter(item -> item.value().address().family() == family)
                    .count();
            if (count > VirtualRouterConfig.MOST_ADDRESSES) {
                problems.refuse(
                        router.placeOf(VirtualRouter.ADDRESSES),
                        router.pathOf(VirtualRouter.ADDRESSES),
                        count + " of " + family,
                        "at most " + VirtualRouterConfig.MOST_ADDRESSES + " of a family");
            }
        }
    }

    private void checkName(WrittenSection router) {
        String name = DerivedDefaults.nameOfVirtualRouter(router);
        String other = name == null ? null : names.putIfAbsent(name, router.path());
        if (name != null && other != null) {
            problems.refuse(
                    router.placeOf(VirtualRouter.NAME),
                    router.pathOf(VirtualRouter.NAME),
                    name,
                    "a name of its own; " + other + " has this one");
        }
    }

    private void checkAddress(Item<VirtualAddress> item) {
        VirtualAddress address = item.value();
        String other = addresses.putIfAbsent(address.address(), item.path());
        if (other != null) {
            problems.refuse(
                    item.place(), item.path(), address.toString(), "each address once; " + other + " has this one");
        }
        if (address.address() instanceof Ipv4Address ipv4 && address.prefixLength() <= 30) {
            int hostBits = ipv4.bits() & (-1 >>> address.prefixLength());
            if (hostBits == 0 || hostBits == -1 >>> address.prefixLength()) {
                problems.refuse(
                        item.place(),
                        item.path(),
                        address.toString(),
                        "the address of a host; this is the " + (hostBits == 0 ? "network" : "broadcast")
                                + " address of its /" + address.prefixLength());
            }
        }
    }

    private void checkPreemption(WrittenSection router) {
        boolean never = Boolean.FALSE.equals(router.value(VirtualRouter.PREEMPT));
        boolean owner = Priority.OWNER.equals(router.value(VirtualRouter.PRIORITY));
        Duration delay = router.value(VirtualRouter.PREEMPT_DELAY);
        boolean delayed = delay != null && !delay.isZero();
        if (owner && (never || delayed)) {
            Key key = never ? VirtualRouter.PREEMPT : VirtualRouter.PREEMPT_DELAY;
            problems.warn(
                    router.placeOf(key),
                    router.pathOf(key),
                    "has no effect: priority 255 owns the addresses and always takes over (RFC 9568 §6.1)");
        } else if (never && delayed) {
            problems.warn(
                    router.placeOf(VirtualRouter.PREEMPT_DELAY),
                    router.pathOf(VirtualRouter.PREEMPT_DELAY),
                    "has no effect: preempt is false");
        }
    }
}
