// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigProblem;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import io.mainstay.config.YamlWriter;
import io.mainstay.migrate.Draft.Items;
import io.mainstay.migrate.Draft.Leaf;
import io.mainstay.migrate.Draft.Section;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brings a draft into a form that the configuration takes: what it refuses is left out, and told. So the importer writes by
 * the words that this version knows, and no others.
 */
final class DraftCheck {

    /** Each round takes at least one part away. */
    private static final int MOST_ROUNDS = 200;

    private static final Pattern STEP = Pattern.compile("([^.\\[\\]]+)|\\[([0-9]+)\\]");
    private static final String UNKNOWN_KEY = "unknown key";

    private final Section root;
    private final Notes notes;
    private final HostFacts host;

    DraftCheck(Section root, Notes notes, HostFacts host) {
        this.root = root;
        this.notes = notes;
        this.host = host;
    }

    /** The YAML of what is left, which passes the check; it may be empty of everything. */
    String settle() {
        for (int round = 0; round < MOST_ROUNDS; round++) {
            String yaml = yaml();
            if (!(ConfigFile.parse(yaml, "mainstay.yaml", host) instanceof ConfigResult.Invalid invalid)) {
                return yaml;
            }
            leaveOut(invalid.problems());
        }
        leaveOutAll("too much of it is not understood");
        return yaml();
    }

    private String yaml() {
        return root.keys().isEmpty() ? "virtual_routers: []\n" : YamlWriter.write(root.tree());
    }

    private void leaveOutAll(String why) {
        notes.add(root.from().origin(), root.from().shown(), Note.Kind.NOT_MAPPED, why);
        root.keys().clear();
    }

    private void leaveOut(List<ConfigProblem> problems) {
        // All are looked up before anything is taken away: their numbers are those of the draft as it was checked.
        List<List<Draft>> paths =
                problems.stream().map(problem -> partsToLeaveOut(problem.key())).toList();
        Set<Draft> gone = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = 0; i < paths.size(); i++) {
            List<Draft> path = withWhatNeedsIt(paths.get(i));
            if (path.size() < 2 || path.stream().anyMatch(gone::contains)) {
                continue;
            }
            Draft refused = path.getLast();
            gone.add(refused);
            remove(path.get(path.size() - 2), refused);
            notes.notMapped(refused.from(), reason(refused, problems.get(i)));
        }
        if (gone.isEmpty()) {
            // A mistake of the file as a whole, such as too many bytes.
            leaveOutAll(problems.getFirst().message());
        }
    }

    /** The way to what goes: what is nearest to the problem, or as much around it as makes no sense without it. */
    private List<Draft> partsToLeaveOut(String key) {
        List<Draft> path = pathTo(key);
        boolean missing = path.size() <= steps(key).size();
        int last = missing ? lastEntry(path) : path.size() - 1;
        for (int i = 1; i < last; i++) {
            if (path.get(i) instanceof Section section && section.isWhole()) {
                last = i;
            }
        }
        return path.subList(0, last + 1);
    }

    /** The same way, ending at what would mean something else without what is to go. */
    private static List<Draft> withWhatNeedsIt(List<Draft> path) {
        for (int i = 1; i < path.size(); i++) {
            if (path.get(i) instanceof Items items
                    && items.isNeeded()
                    && (i == path.size() - 1 || items.items().size() == 1)) {
                return path.subList(0, i);
            }
        }
        return path;
    }

    /** The innermost element of a list on the way, or the innermost section if there is none. */
    private static int lastEntry(List<Draft> path) {
        for (int i = path.size() - 1; i > 0; i--) {
            if (path.get(i - 1) instanceof Items) {
                return i;
            }
        }
        return path.size() - 1;
    }

    private static String reason(Draft refused, ConfigProblem problem) {
        if (refused instanceof Leaf leaf && !leaf.refused().isEmpty()) {
            return leaf.refused();
        }
        String key = problem.key().replaceAll("\\[[0-9]+\\]", "");
        if (problem.message().startsWith(UNKNOWN_KEY)) {
            return "this version of Mainstay has no key " + key;
        }
        return key + " is " + problem.message();
    }

    /** Two parts may be equal: only the one that was found goes. */
    private static void remove(Draft parent, Draft child) {
        Set<Draft> gone = Collections.newSetFromMap(new IdentityHashMap<>());
        gone.add(child);
        switch (parent) {
            case Section section -> section.keys().values().removeIf(gone::contains);
            case Items items -> items.items().removeIf(gone::contains);
            case Leaf ignored -> throw new AssertionError("a single value holds nothing");
        }
    }

    /** The parts on the way to the path of a key, from the root on, as far as they are there. */
    private List<Draft> pathTo(String key) {
        List<Draft> path = new ArrayList<>(List.of(root));
        for (String step : steps(key)) {
            Optional<Draft> next = below(path.getLast(), step);
            if (next.isEmpty()) {
                break;
            }
            path.add(next.get());
        }
        return path;
    }

    private static List<String> steps(String key) {
        List<String> steps = new ArrayList<>();
        Matcher matcher = STEP.matcher(key);
        while (matcher.find()) {
            steps.add(matcher.group(1) != null ? matcher.group(1) : "[" + matcher.group(2) + "]");
        }
        return steps;
    }

    private static Optional<Draft> below(Draft draft, String step) {
        return switch (draft) {
            case Section section -> Optional.ofNullable(section.keys().get(step));
            case Items items -> elementOf(items, step);
            case Leaf ignored -> Optional.empty();
        };
    }

    private static Optional<Draft> elementOf(Items items, String step) {
        if (!step.startsWith("[") || step.length() > 9) {
            return Optional.empty();
        }
        int index = Integer.parseInt(step.substring(1, step.length() - 1));
        return index < items.items().size() ? Optional.of(items.items().get(index)) : Optional.empty();
    }
}
