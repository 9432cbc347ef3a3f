// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.config.Durations;
import io.mainstay.migrate.Draft.Section;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What instances and groups track: the definitions by their names, and the references to them. */
final class Trackers {

    private static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(1);

    private final Map<String, Directive> scripts = new HashMap<>();
    private final Map<String, Directive> processes = new HashMap<>();
    private final Map<String, Directive> files = new HashMap<>();
    private final Notes notes;

    Trackers(Notes notes) {
        this.notes = notes;
    }

    void defineScript(Directive definition) {
        scripts.put(definition.argument(), definition);
    }

    void defineProcess(Directive definition) {
        processes.put(definition.argument(), definition);
    }

    void defineFile(Directive definition) {
        files.put(definition.argument(), definition);
    }

    /** Puts what is tracked into the virtual router. */
    void track(Directive block, Section router) {
        for (Directive reference : block.block()) {
            switch (block.name()) {
                case "track_interface" -> trackInterface(reference, router);
                case "track_script" ->
                    define(reference, scripts, "vrrp_script")
                            .ifPresent(script -> trackScript(reference, script, router));
                case "track_process" ->
                    define(reference, processes, "vrrp_track_process")
                            .ifPresent(process -> trackProcess(reference, process, router));
                default ->
                    define(reference, files, "track_file").ifPresent(file -> trackFile(reference, file, router));
            }
        }
    }

    private Optional<Directive> define(Directive reference, Map<String, Directive> definitions, String kind) {
        Optional<Directive> found = Optional.ofNullable(definitions.get(reference.name()));
        if (found.isEmpty()) {
            notes.notMapped(reference, "there is no " + kind + " " + reference.name());
        }
        return found;
    }

    private void trackInterface(Directive reference, Section router) {
        Section entry = Section.of(reference).put("name", reference.name(), reference);
        putWeight(reference, Optional.empty(), entry);
        add(router, "interfaces", reference, entry);
    }

    private void trackScript(Directive reference, Directive script, Section router) {
        Optional<Directive> command = script.find("script");
        if (command.isEmpty()) {
            notes.notMapped(script, "it names no script");
            return;
        }
        Section entry = Section.of(reference);
        entry.put("name", Names.clean(reference, reference.name(), notes), reference);
        commandInto(command.get(), entry);
        Duration interval = script.find("interval")
                .flatMap(each -> Numbers.seconds(each.argument()))
                .orElse(DEFAULT_INTERVAL);
        entry.put("interval", Durations.format(interval), script.find("interval").orElse(script));
        timeoutInto(script, interval, entry);
        script.find("fall").ifPresent(each -> entry.put("failures", Numbers.number(each.argument()), each));
        script.find("rise").ifPresent(each -> entry.put("success", Numbers.number(each.argument()), each));
        putWeight(reference, script.find("weight"), entry);
        for (Directive each : script.block()) {
            switch (each.name()) {
                case "script", "interval", "timeout", "fall", "rise", "weight" -> {}
                case "init_fail" -> notes.notNeeded(each, "the virtual router waits for the first result");
                default -> KnownDirectives.tell(each, notes);
            }
        }
        add(router, "scripts", reference, entry);
    }

    private void commandInto(Directive command, Section entry) {
        List<String> words = command.words().size() == 2
                ? WordSplitter.splitCommand(command.argument())
                : command.arguments();
        Draft.Items items = entry.items("command", command);
        words.forEach(word -> items.add(word, command));
        boolean shell = words.stream().anyMatch(word -> word.matches("[|&;<>]+|.*[$`*?].*"));
        if (shell) {
            notes.changed(command, "no shell reads it: wrap it into a script if it needs one");
        }
    }

    /** Mainstay never lets two runs overlap, so a run has to end before the next is due. */
    private void timeoutInto(Directive script, Duration interval, Section entry) {
        Optional<Directive> written = script.find("timeout");
        Duration timeout =
                written.flatMap(each -> Numbers.seconds(each.argument())).orElse(interval);
        Directive from = written.orElse(script);
        if (timeout.compareTo(interval) >= 0) {
            timeout = Duration.ofMillis(Math.max(1, interval.toMillis() * 9 / 10));
            if (written.isPresent()) {
                notes.changed(from, "shortened to " + Durations.format(timeout) + ": shorter than the interval");
            }
        }
        entry.put("timeout", Durations.format(timeout), from);
    }

    private void trackProcess(Directive reference, Directive process, Section router) {
        Optional<Directive> command = process.find("process");
        if (command.isEmpty()) {
            notes.notMapped(process, "it names no process");
            return;
        }
        String path = command.get().argument();
        String name = path.substring(path.lastIndexOf('/') + 1);
        Section entry = Section.of(reference).put("name", name, command.get());
        if (command.get().words().size() > 2) {
            notes.changed(command.get(), "the arguments of the process are not looked at");
        }
        putWeight(reference, process.find("weight"), entry);
        for (Directive each : process.block()) {
            switch (each.name()) {
                case "process", "weight" -> {}
                case "quorum" -> {
                    if (!each.argument().equals("1")) {
                        notes.changed(each, "one process of that name is enough");
                    }
                }
                case "quorum_max", "param_match", "full_command", "fork_delay", "terminate_delay", "delay" ->
                    notes.notMapped(each, "a process is there or it is not");
                default -> KnownDirectives.tell(each, notes);
            }
        }
        add(router, "processes", reference, entry);
    }

    private void trackFile(Directive reference, Directive file, Section router) {
        Optional<Directive> path = file.find("file");
        if (path.isEmpty()) {
            notes.notMapped(file, "it names no file");
            return;
        }
        Section entry = Section.of(reference).put("path", path.get().argument(), path.get());
        entry.put("content", "weight", file);
        if (reference.words().contains("weight") || file.find("weight").isPresent()) {
            notes.changed(reference, "the number in the file is added to the priority as it is, without a factor");
        }
        for (Directive each : file.block()) {
            switch (each.name()) {
                case "file", "weight" -> {}
                case "init_file" -> notes.notMapped(each, "Mainstay does not write the file");
                default -> KnownDirectives.tell(each, notes);
            }
        }
        add(router, "files", reference, entry);
    }

    /** A weight of 0, or none, is a fault in both. */
    private void putWeight(Directive reference, Optional<Directive> definition, Section entry) {
        int at = reference.words().indexOf("weight");
        Directive from = at > 0 ? reference : definition.orElse(reference);
        String weight = at > 0 ? reference.word(at + 1) : definition.map(Directive::argument).orElse("0");
        if (from.words().contains("reverse")) {
            notes.notMapped(from, "a weight cannot be reversed");
            return;
        }
        if (!weight.equals("0")) {
            entry.put("weight", Numbers.number(weight), from);
        }
    }

    private static void add(Section router, String kind, Directive reference, Section entry) {
        router.section("track", reference).items(kind, reference).add(entry);
    }
}
