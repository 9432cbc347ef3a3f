// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** A configuration of the version before, had that version called some keys otherwise. */
class FormerNamesTest {

    private static final FormerNames BEFORE =
            new FormerNames(Map.of("routers", "virtual_routers", "virtual_routers.number", "vrid"));

    private final Problems problems = new Problems("f.yaml");

    private WrittenSection read(String yaml) {
        return Objects.requireNonNull(
                new NodeReader(problems, BEFORE).readRoot(Objects.requireNonNull(YamlText.parse(yaml, problems))));
    }

    @Test
    void aFormerNameIsTakenWithANote() {
        WrittenSection root = read("""
                virtual_routers:
                  - {interface: eth0, number: 51, addresses: [198.18.0.100/24]}
                """);
        assertThat(problems.anyError()).isFalse();
        assertThat(problems.warnings())
                .extracting(Object::toString)
                .containsExactly(
                        "f.yaml:2:23 virtual_routers[0].number: is called vrid now; the former name goes with the"
                                + " next minor version");
        assertThat(root.entries(Schema.VirtualRouter.ENTRIES).getFirst().value(Schema.VirtualRouter.VRID))
                .hasToString("51");
    }

    @Test
    void aWholeSectionMayHaveHadAnotherName() {
        WrittenSection root = read("routers:\n  - {interface: eth0, vrid: 51, addresses: [198.18.0.100/24]}\n");
        assertThat(problems.anyError()).isFalse();
        assertThat(root.entries(Schema.VirtualRouter.ENTRIES)).hasSize(1);
    }

    @Test
    void bothNamesAtOnceAreOneTooMany() {
        read("virtual_routers:\n  - {interface: eth0, vrid: 51, number: 52, addresses: [198.18.0.100/24]}\n");
        assertThat(problems.invalid().problems())
                .singleElement()
                .extracting(ConfigProblem::message)
                .isEqualTo("given twice (expected: once; the first is in line 2)");
    }

    @Test
    void aFormerNameCountsInItsSectionAlone() {
        read("node: {number: 51}\n");
        assertThat(problems.invalid().problems())
                .singleElement()
                .extracting(ConfigProblem::message)
                .asString()
                .startsWith("unknown key (");
    }
}
