// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.migrate.Draft.Section;
import java.util.List;

/** The block {@code auth_hmac} of a vrrp_instance: advertisements with a signature behind them. */
final class SignedAdvertisements {

    private static final String FILE = "file:";

    private SignedAdvertisements() {}

    static void take(Directive block, Section router, Notes notes) {
        List<Directive> keys =
                block.block().stream().filter(each -> each.name().equals("key")).toList();
        keys.stream()
                .filter(key -> !isInFile(key))
                .forEach(key -> notes.notMapped(
                        key,
                        "a key stands in a file of its own: write it into one of mode 0640, and name that in"
                                + " authentication.keys"));
        if (keys.stream().noneMatch(SignedAdvertisements::isInFile)) {
            return;
        }
        Section section = router.section("authentication", block);
        for (Directive each : block.block()) {
            takeInto(section, each, notes);
        }
    }

    private static boolean isInFile(Directive key) {
        return key.word(2).startsWith(FILE);
    }

    private static void takeInto(Section section, Directive each, Notes notes) {
        switch (each.name()) {
            case "key" -> {
                if (isInFile(each)) {
                    section.items("keys", each)
                            .add(new Section(each, true)
                                    .put("id", Numbers.number(each.argument()), each)
                                    .put("file", each.word(2).substring(FILE.length()), each));
                }
            }
            case "active_key" -> section.put("active_key", Numbers.number(each.argument()), each);
            case "time_window" -> section.put("window", Numbers.duration(each.argument()), each);
            case "mode" -> section.put("mode", each.argument().replace('-', '_'), each);
            case "anti_replay" -> {
                if (!each.argument().equals("time")) {
                    notes.changed(each, "the clocks of the nodes have to agree within authentication.window");
                }
            }
            default -> KnownDirectives.tell(each, notes);
        }
    }
}
