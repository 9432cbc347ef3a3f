// SPDX-License-Identifier: Apache-2.0
package io.mainstay;

import static com.tngtech.archunit.lang.conditions.ArchConditions.onlyDependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds the code against the room table of ARCHITECTURE.md: who may call whom, and who stays pure. */
class ArchitectureTest {

    private static final String ROOT = "io.mainstay";

    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    private static final Set<String> PURE = Set.of(
            "net",
            "time",
            "election.wire",
            "election",
            "takeover",
            "forward.wire",
            "forward",
            "health",
            "track",
            "hook",
            "explain",
            "migrate",
            "doctor",
            "setup");

    /** Room by room: the other rooms, then the libraries, that it may use. */
    private static final Map<String, List<String>> MAY_USE = new LinkedHashMap<>();

    static {
        MAY_USE.put("net", List.of());
        MAY_USE.put("time", List.of());
        MAY_USE.put("election.wire", with(rooms("net"), "javax.crypto.."));
        MAY_USE.put("election", rooms("net", "time", "election.wire"));
        MAY_USE.put("takeover", rooms("net", "time"));
        MAY_USE.put("forward.wire", rooms("net"));
        MAY_USE.put("forward", rooms("net", "time", "forward.wire"));
        MAY_USE.put("health", rooms("net", "time"));
        MAY_USE.put("track", rooms("net", "time", "health"));
        MAY_USE.put("hook", List.of());
        MAY_USE.put("kernel", rooms("net", "time"));
        MAY_USE.put("track.watch", rooms("track", "kernel", "net", "time"));
        MAY_USE.put("kernel.linux", with(rooms("kernel", "net", "time"), "jnr..", "org.slf4j.."));
        MAY_USE.put("health.probe", with(rooms("health", "kernel", "net", "time"), "io.netty..", "javax.net.ssl.."));
        MAY_USE.put(
                "forward.proxy",
                with(
                        rooms("forward", "forward.wire", "health", "health.probe", "kernel", "net", "time"),
                        "io.netty..",
                        "org.slf4j.."));
        MAY_USE.put("forward.kernel", rooms("forward", "kernel", "net", "time"));
        MAY_USE.put("observe", with(rooms("net", "time"), "com.google.gson..", "org.slf4j.."));
        MAY_USE.put("explain", rooms("observe"));
        MAY_USE.put(
                "config",
                with(
                        rooms(
                                "net",
                                "time",
                                "election.wire",
                                "election",
                                "takeover",
                                "forward",
                                "forward.wire",
                                "health",
                                "track",
                                "hook"),
                        "org.yaml.snakeyaml.."));
        MAY_USE.put("migrate", rooms("net", "hook", "config"));
        MAY_USE.put("setup", rooms("net", "election.wire", "config"));
        MAY_USE.put("setup.machine", rooms("setup", "kernel", "kernel.linux", "net", "time"));
        MAY_USE.put(
                "doctor",
                with(
                        rooms("net", "time", "election.wire", "election", "forward", "kernel", "config", "observe"),
                        "com.google.gson.."));
        MAY_USE.put(
                "doctor.host",
                rooms("doctor", "net", "time", "election", "kernel", "kernel.linux", "config", "observe"));
        MAY_USE.put(
                "control", with(rooms("net", "observe", "config"), "io.netty..", "com.google.gson..", "org.slf4j.."));
        MAY_USE.put(
                "node",
                with(
                        rooms(
                                "net",
                                "time",
                                "election.wire",
                                "election",
                                "takeover",
                                "forward",
                                "forward.wire",
                                "health",
                                "track",
                                "track.watch",
                                "hook",
                                "health.probe",
                                "kernel",
                                "kernel.linux",
                                "forward.proxy",
                                "forward.kernel",
                                "observe",
                                "config",
                                "control"),
                        "picocli..",
                        "org.slf4j.."));
        MAY_USE.put(
                "cli",
                with(
                        rooms(
                                "net",
                                "time",
                                "observe",
                                "explain",
                                "config",
                                "migrate",
                                "setup",
                                "setup.machine",
                                "doctor",
                                "doctor.host",
                                "control"),
                        "picocli..",
                        "com.google.gson.."));
    }

    private static List<String> rooms(String... names) {
        return Arrays.stream(names).map(name -> ROOT + "." + name).toList();
    }

    private static List<String> with(List<String> rooms, String... libraries) {
        return Stream.concat(rooms.stream(), Arrays.stream(libraries)).toList();
    }

    @TestFactory
    Stream<DynamicTest> everyRoomUsesOnlyWhatTheTableAllows() {
        return MAY_USE.entrySet().stream()
                .filter(room -> !classesOf(room.getKey()).isEmpty())
                .map(room -> DynamicTest.dynamicTest(
                        room.getKey(),
                        () -> classes()
                                .that()
                                .resideInAPackage(ROOT + "." + room.getKey())
                                .should(onlyDependOnClassesThat(residesIn(room.getKey(), room.getValue())))
                                .check(PRODUCT)));
    }

    private static DescribedPredicate<JavaClass> residesIn(String room, List<String> allowed) {
        String[] packages = Stream.concat(
                        Stream.of(ROOT + "." + room, "java..", "org.jspecify.annotations", ""), allowed.stream())
                .toArray(String[]::new);
        return JavaClass.Predicates.resideInAnyPackage(packages);
    }

    @Test
    void everyPackageIsARoomOfTheTable() {
        Set<String> found = PRODUCT.stream()
                .map(JavaClass::getPackageName)
                .map(name -> name.substring(ROOT.length() + 1))
                .collect(Collectors.toSet());
        assertThat(MAY_USE.keySet()).containsAll(found);
    }

    @Test
    void everyPackageSaysWhatItIsForAndIsNullMarked() {
        assertThat(PRODUCT.stream().map(JavaClass::getPackage).distinct().toList())
                .isNotEmpty()
                .allMatch(
                        room -> room.isAnnotatedWith("org.jspecify.annotations.NullMarked"),
                        "has a package-info.java with @NullMarked");
    }

    @TestFactory
    Stream<DynamicTest> pureRoomsHaveNoClockNoThreadNoInputAndNoChance() {
        String[] pure = PURE.stream().map(room -> ROOT + "." + room).toArray(String[]::new);
        return Stream.of(
                        "java.io..",
                        "java.nio.file..",
                        "java.nio.channels..",
                        "java.net..",
                        "java.util.concurrent..",
                        "java.util.random..",
                        "java.util.logging..",
                        "org.slf4j..")
                .map(forbidden -> DynamicTest.dynamicTest(
                        forbidden,
                        () -> noClasses()
                                .that()
                                .resideInAnyPackage(pure)
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage(forbidden)
                                .check(PRODUCT)));
    }

    @Test
    void pureRoomsNeitherReadAClockNorMakeThreadsOrRandomNumbers() {
        String[] pure = PURE.stream().map(room -> ROOT + "." + room).toArray(String[]::new);
        noClasses()
                .that()
                .resideInAnyPackage(pure)
                .should()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(java.util.Random.class)
                .orShould()
                .callMethod(Math.class, "random")
                .check(PRODUCT);
    }

    private static List<JavaClass> classesOf(String room) {
        String name = ROOT + "." + room;
        return PRODUCT.stream().filter(c -> c.getPackageName().equals(name)).toList();
    }

    @Test
    void theRoomTableNamesOnlyPackagesThatExist() {
        List<String> packages = PRODUCT.stream()
                .map(JavaClass::getPackage)
                .map(JavaPackage::getName)
                .distinct()
                .toList();
        assertThat(packages).containsAll(rooms(MAY_USE.keySet().toArray(String[]::new)));
    }
}
