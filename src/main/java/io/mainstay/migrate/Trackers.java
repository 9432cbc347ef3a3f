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
    private final Programs programs;
    private final Notes notes;

    Trackers(Programs programs, Notes notes) {
        this.programs = programs;
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
                default -> define(reference, files, "track_file").ifPresent(file -> trackFile(reference, file, router));
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
        List<String> words = words(command.get());
        Optional<String> process = processOf(words);
        Section entry = Section.of(reference);
        entry.put("name", process.orElse(Names.clean(reference, reference.name(), notes)), reference);
        if (process.isPresent()) {
            notes.changed(command.get(), "tracked as a process, for which no program has to run");
        } else {
            commandInto(words, command.get(), entry);
        }
        Duration interval = script.find("interval")
                .flatMap(each -> Numbers.seconds(each.argument()))
                .orElse(DEFAULT_INTERVAL);
        entry.put(
                "interval", Durations.format(interval), script.find("interval").orElse(script));
        if (process.isEmpty()) {
            timeoutInto(script, interval, entry);
        }
        count(script, "fall", "failures", entry);
        count(script, "rise", "success", entry);
        putWeight(reference, script.find("weight"), entry);
        for (Directive each : script.block()) {
            switch (each.name()) {
                case "script", "interval", "timeout", "fall", "rise", "weight" -> {}
                case "init_fail" -> notes.notNeeded(each, "the virtual router waits for the first result");
                default -> KnownDirectives.tell(each, notes);
            }
        }
        add(router, process.isPresent() ? "processes" : "scripts", reference, entry);
    }

    /** One is enough for keepalived, unless it says otherwise. */
    private static void count(Directive script, String name, String key, Section entry) {
        Optional<Directive> written = script.find(name);
        entry.put(key, Numbers.number(written.map(Directive::argument).orElse("1")), written.orElse(script));
    }

    private static List<String> words(Directive command) {
        return command.words().size() == 2 ? WordSplitter.splitCommand(command.argument()) : command.arguments();
    }

    /** The process that a command looks for, if it is one of those that do nothing else. */
    private static Optional<String> processOf(List<String> words) {
        if (words.size() < 2) {
            return Optional.empty();
        }
        String program = words.getFirst().substring(words.getFirst().lastIndexOf('/') + 1);
        List<String> options = words.subList(1, words.size() - 1);
        boolean looks = switch (program) {
            case "killall" -> options.equals(List.of("-0"));
            case "pidof" -> words.size() == 2;
            case "pgrep" -> options.equals(List.of("-x"));
            default -> false;
        };
        return looks && words.getLast().matches("[A-Za-z0-9][A-Za-z0-9._-]*")
                ? Optional.of(words.getLast())
                : Optional.empty();
    }

    private void commandInto(List<String> words, Directive command, Section entry) {
        Draft.Items items = entry.items("command", command);
        for (int i = 0; i < words.size(); i++) {
            items.add(i == 0 ? programs.find(words.getFirst(), command) : words.get(i), command);
        }
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
        String weight = at > 0
                ? reference.word(at + 1)
                : definition.map(Directive::argument).orElse("0");
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
