// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.migrate.Draft.Section;
import java.util.List;

/** Makes hooks of notify scripts. */
final class Hooks {

    private final Programs programs;
    private final Notes notes;

    Hooks(Programs programs, Notes notes) {
        this.programs = programs;
        this.notes = notes;
    }

    void add(Directive notify, Section router) {
        List<String> command = WordSplitter.splitCommand(notify.argument());
        if (command.isEmpty()) {
            notes.notMapped(notify, "it names no program");
            return;
        }
        String program = programs.find(command.getFirst(), notify);
        for (String key : keys(notify.name())) {
            router.section("hooks", notify).items(key, notify).add(program, notify);
        }
        if (command.size() > 1 || notify.name().equals("notify")) {
            notes.changed(
                    notify,
                    "the program gets no arguments: state, priority and name are in its environment, MAINSTAY_*");
        }
        if (notify.words().size() > 2) {
            notes.changed(notify, "it runs as the user of the daemon");
        }
    }

    private static List<String> keys(String name) {
        return switch (name) {
            case "notify_master" -> List.of("on_active");
            case "notify_backup" -> List.of("on_backup");
            case "notify_fault" -> List.of("on_fault");
            default -> List.of("on_active", "on_backup", "on_fault");
        };
    }
}
