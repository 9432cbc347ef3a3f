// SPDX-License-Identifier: Apache-2.0
package io.mainstay;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;

/** Keeps docs/protocol.md in step with the code: what it names is there, and each row names what it has to. */
class ProtocolLedgerTest {

    private static final Path LEDGER = Path.of("docs/protocol.md");
    private static final Pattern HOW = Pattern.compile("(yes|deviates|kernel|none|operator)(?: \\(([a-z])\\))?");
    private static final Pattern NAMED = Pattern.compile("`([^`]+)`");
    private static final Pattern EXPLAINED = Pattern.compile("^- \\(([a-z])\\) ", Pattern.MULTILINE);

    private static final Set<String> SHOWN = Set.of("yes", "deviates", "kernel");
    private static final Set<String> EXPLAINED_BY_LETTER = Set.of("deviates", "none");

    private record Row(
            String section, String clause, String how, String letter, List<String> classes, List<String> tests) {}

    private static String ledger() throws IOException {
        return Files.readString(LEDGER);
    }

    private static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (String line : ledger().lines().toList()) {
            if (!line.matches("\\| [0-9].*")) {
                continue;
            }
            String[] cells = line.substring(2).split(" *\\| *", -1);
            assertThat(cells).as(line).hasSize(6);
            var how = HOW.matcher(cells[2]);
            assertThat(how.matches()).as("how: " + cells[2]).isTrue();
            String letter = how.group(2) == null ? "" : how.group(2);
            rows.add(new Row(cells[0], cells[1], how.group(1), letter, named(cells[3]), named(cells[4])));
        }
        return rows;
    }

    private static List<String> named(String cell) {
        return NAMED.matcher(cell).results().map(result -> result.group(1)).toList();
    }

    @Test
    void theLedgerHasRowsOfEachPart() throws IOException {
        assertThat(rows()).hasSizeGreaterThan(60);
        assertThat(rows().stream().map(row -> row.section().substring(0, 1))).contains("2", "5", "6", "7", "8");
    }

    @Test
    void eachRowNamesWhatCarriesItOutAndWhatShowsIt() throws IOException {
        for (Row row : rows()) {
            if (SHOWN.contains(row.how())) {
                assertThat(row.classes()).as(row.clause()).isNotEmpty();
                assertThat(row.tests()).as(row.clause()).isNotEmpty();
            }
            assertThat(!row.letter().isEmpty()).as(row.clause()).isEqualTo(EXPLAINED_BY_LETTER.contains(row.how()));
        }
    }

    @Test
    void eachDeviationIsExplainedAndUsed() throws IOException {
        Set<String> used = rows().stream()
                .map(Row::letter)
                .filter(letter -> !letter.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> explained = EXPLAINED
                .matcher(ledger())
                .results()
                .map((MatchResult result) -> result.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(used).isEqualTo(explained);
    }

    @Test
    void whatIsNamedIsThere() throws IOException {
        JavaClasses all = new ClassFileImporter().importPackages("io.mainstay");
        Set<String> missing = new TreeSet<>();
        for (Row row : rows()) {
            Stream.concat(row.classes().stream(), row.tests().stream())
                    .filter(name -> !isThere(name, all))
                    .forEach(missing::add);
        }
        assertThat(missing).isEmpty();
    }

    private static boolean isThere(String name, JavaClasses all) {
        if (name.endsWith(".py")) {
            return Stream.of("system", "interop").anyMatch(part -> Files.exists(Path.of("tests", part, name)));
        }
        String[] parts = name.split("#", -1);
        return all.stream()
                .filter(each -> isOrHolds(each, parts[0]))
                .anyMatch(each -> parts.length == 1 || hasTest(each, parts[1]));
    }

    /** Tests stand in nested classes too. */
    private static boolean isOrHolds(JavaClass each, String simpleName) {
        String name = each.getName().substring(each.getPackageName().length() + 1);
        return name.equals(simpleName) || name.startsWith(simpleName + "$");
    }

    /** A method that the platform runs, and no helper of one. */
    private static boolean hasTest(JavaClass each, String method) {
        return each.getMethods().stream()
                .anyMatch(one -> one.getName().equals(method) && one.isMetaAnnotatedWith(Testable.class));
    }
}
