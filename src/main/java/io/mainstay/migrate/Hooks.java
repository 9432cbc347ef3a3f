// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.hook.HookProgram;
import io.mainstay.migrate.Draft.Section;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes hooks of notify scripts. */
final class Hooks {

    /** The keys of hooks, and what keepalived calls the states behind them. */
    private static final Map<String, String> STATES = new LinkedHashMap<>();

    static {
        STATES.put("on_active", "MASTER");
        STATES.put("on_backup", "BACKUP");
        STATES.put("on_fault", "FAULT");
    }

    private final Programs programs;
    private final Notes notes;

    Hooks(Programs programs, Notes notes) {
        this.programs = programs;
        this.notes = notes;
    }

    /**
     * What keepalived tells the script of a {@code notify}: of whom, and with which priority.
     *
     * @param kind INSTANCE or GROUP
     */
    record Teller(String kind, String name, String priority) {

        static Teller instance(Directive instance) {
            return new Teller(
                    "INSTANCE",
                    instance.argument(),
                    instance.find("priority").map(Directive::argument).orElse("100"));
        }

        /** A group has no priority. */
        static Teller group(Directive group) {
            return new Teller("GROUP", group.argument(), "0");
        }

        private List<String> arguments(String state) {
            return List.of(kind, name, state, priority);
        }
    }

    /** Takes over all that an instance or a group notifies. */
    void addAll(Directive block, Section router, Teller teller) {
        for (Directive each : block.block()) {
            switch (each.name()) {
                case "notify_master" -> add(each, router, "on_active");
                case "notify_backup" -> add(each, router, "on_backup");
                case "notify_fault" -> add(each, router, "on_fault");
                case "notify" -> addForEach(each, router, teller);
                default -> {
                    // Something else.
                }
            }
        }
    }

    private void add(Directive notify, Section router, String key) {
        List<String> command = command(notify);
        if (!command.isEmpty()) {
            put(notify, router, key, command);
        }
    }

    private void addForEach(Directive notify, Section router, Teller teller) {
        List<String> command = command(notify);
        if (command.isEmpty()) {
            return;
        }
        STATES.forEach((key, state) -> {
            List<String> words = new ArrayList<>(command);
            words.addAll(teller.arguments(state));
            put(notify, router, key, words);
        });
        notes.changed(
                notify,
                "the priority among its arguments is the configured one: that in force is in MAINSTAY_PRIORITY; it is not run"
                        + " with STOP, but with BACKUP when a node that was Active stops");
    }

    /** With the whole path of the program, and without what would be an empty argument; nothing, once that is told, if it names none. */
    private List<String> command(Directive notify) {
        List<String> words = new ArrayList<>(WordSplitter.splitCommand(notify.argument()));
        if (words.removeIf(String::isEmpty)) {
            notes.changed(notify, "a hook has no empty arguments");
        }
        if (words.isEmpty()) {
            notes.notMapped(notify, "it names no program");
            return List.of();
        }
        if (notify.words().size() > 2) {
            notes.changed(notify, "it runs as the user of the daemon");
        }
        words.set(0, programs.find(words.getFirst(), notify));
        return words;
    }

    private static void put(Directive notify, Section router, String key, List<String> words) {
        router.section("hooks", notify).items(key, notify).add(HookProgram.text(words), notify);
    }
}
