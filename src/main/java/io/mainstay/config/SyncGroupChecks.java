// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.VirtualRouter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What must hold between the members of a sync group. Works on what could be read. */
final class SyncGroupChecks {

    /** Members that differ in these would come first on one segment and not on another, and the group would not come to rest. */
    private static final List<Key.Scalar<?>> SAME =
            List.of(VirtualRouter.PRIORITY, VirtualRouter.PREEMPT, VirtualRouter.PREEMPT_DELAY);

    private final Problems problems;

    SyncGroupChecks(Problems problems) {
        this.problems = problems;
    }

    void check(List<WrittenSection> routers) {
        Map<String, WrittenSection> firsts = new LinkedHashMap<>();
        Map<String, Integer> sizes = new LinkedHashMap<>();
        for (WrittenSection router : routers) {
            String group = router.value(VirtualRouter.SYNC_GROUP);
            if (group != null) {
                sizes.merge(group, 1, Integer::sum);
                WrittenSection first = firsts.putIfAbsent(group, router);
                if (first != null) {
                    SAME.forEach(key -> checkSame(group, first, router, key));
                    checkInterval(group, first, router);
                }
            }
        }
        firsts.forEach((group, router) -> {
            if (sizes.getOrDefault(group, 0) == 1) {
                problems.warn(
                        router.placeOf(VirtualRouter.SYNC_GROUP),
                        router.pathOf(VirtualRouter.SYNC_GROUP),
                        "has no effect: no other virtual router is in sync group " + group);
            }
        });
    }

    /** A member that is silent alone moves nothing, so that the slowest decides how long a lost Active goes unnoticed. */
    private void checkInterval(String group, WrittenSection first, WrittenSection router) {
        Duration theirs = first.value(VirtualRouter.ADVERTISEMENT_INTERVAL);
        Duration ours = router.value(VirtualRouter.ADVERTISEMENT_INTERVAL);
        if (theirs != null && ours != null && !theirs.equals(ours)) {
            Duration longer = ours.compareTo(theirs) > 0 ? ours : theirs;
            problems.warn(
                    router.placeOf(VirtualRouter.ADVERTISEMENT_INTERVAL),
                    router.pathOf(VirtualRouter.ADVERTISEMENT_INTERVAL),
                    "is " + Durations.format(ours) + ", that of " + first.path() + " " + Durations.format(theirs)
                            + ": sync group " + group
                            + " replaces a lost Active only when all its members are silent, so"
                            + " after three intervals of " + Durations.format(longer));
        }
    }

    private <T> void checkSame(String group, WrittenSection first, WrittenSection router, Key.Scalar<T> key) {
        T theirs = first.value(key);
        T ours = router.value(key);
        if (theirs != null && ours != null && !theirs.equals(ours)) {
            problems.refuse(
                    router.placeOf(key),
                    router.pathOf(key),
                    key.type().writer().apply(ours),
                    key.type().writer().apply(theirs) + ", as in " + first.path() + ": all members of sync group "
                            + group + " need the same");
        }
    }
}
