// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.net.IpAddress;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tells when a Backup hears another router as Active than before. Belongs to the election thread. */
final class ActiveChanges {

    private final Map<String, Optional<IpAddress>> followed = new HashMap<>();

    List<EventDraft> since(ElectionSnapshot snapshot) {
        List<EventDraft> facts = new ArrayList<>();
        for (ElectionSnapshot.Router router : snapshot.routers()) {
            Optional<IpAddress> now = router.state().equals("BACKUP") ? router.activeAddress() : Optional.empty();
            Optional<IpAddress> before = followed.put(router.name(), now);
            if (now.isPresent() && !now.equals(before)) {
                EventDraft fact = EventDraft.info(
                                EventKind.ACTIVE_HEARD, router.name(), now.get() + " is heard as Active")
                        .with("peer", now.get())
                        .with("interval", JournalText.milliseconds(router.activeInterval()));
                facts.add(fact);
            }
        }
        return facts;
    }
}
