// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ConfigDiffTest {

    private static MainstayConfig config(String text) {
        return switch (ConfigFile.parse(text, "f.yaml", ConfigFileTest.HOST)) {
            case ConfigResult.Valid valid -> valid.config();
            case ConfigResult.Invalid invalid -> throw new AssertionError(invalid.problems());
        };
    }

    private static List<String> changes(String before, String after) {
        return ConfigDiff.between(config(before), config(after)).stream()
                .map(ConfigChange::toString)
                .toList();
    }

    private static String services(String text) {
        return "services:\n" + text;
    }

    private static final String WEB = """
          - name: web
            listen: [127.0.0.1:80, 127.0.0.1:81]
            backends:
              - {name: a, address: 10.0.0.1:80}
              - {name: b, address: 10.0.0.2:80}
        """;

    @Test
    void defaultsThatAreWrittenOutMakeNoDifference() {
        assertThat(changes(services(WEB), services(WEB + "    drain_timeout: 60s\n    engine: auto\n")))
                .isEmpty();
    }

    @Test
    void eachKeyIsNamedWithBothValues() {
        String other = WEB.replace("10.0.0.2:80}", "10.0.0.2:80, weight: 7}") + "    drain_timeout: 2m\n";
        assertThat(changes(services(WEB), services(other)))
                .containsExactly(
                        "~ services[web].drain_timeout: 1m -> 2m", "~ services[web].backends[b].weight: 100 -> 7");
    }

    @Test
    void entriesThatComeAndGoAreNamed() {
        String other = WEB.replace("name: b", "name: c").replace("10.0.0.2", "10.0.0.3");
        assertThat(changes(
                        services(WEB),
                        services(other + WEB.replace("web", "ssh").replace(":8", ":9"))))
                .containsExactly("- services[web].backends[b]", "+ services[web].backends[c]", "+ services[ssh]");
    }

    @Test
    void valuesOfAListComeAndGoOneByOne() {
        assertThat(changes(services(WEB), services(WEB.replace("127.0.0.1:81", "127.0.0.1:82"))))
                .containsExactly(
                        "- services[web].listen: 127.0.0.1:81/tcp", "+ services[web].listen: 127.0.0.1:82/tcp");
    }

    @Test
    void anOrderIsAChange() {
        assertThat(changes(
                        services(WEB),
                        services(WEB.replace("[127.0.0.1:80, 127.0.0.1:81]", "[127.0.0.1:81, 127.0.0.1:80]"))))
                .containsExactly("~ services[web].listen: [127.0.0.1:80/tcp, 127.0.0.1:81/tcp] ->"
                        + " [127.0.0.1:81/tcp, 127.0.0.1:80/tcp]");
    }

    @Test
    void keysOfOneKindComeAndGoWithTheKind() {
        assertThat(changes(services(WEB), services(WEB + "    health_check: {type: http}\n")))
                .contains("~ services[web].health_check.type: tcp -> http", "+ services[web].health_check.path: /");
    }

    @Test
    void whatIsOutsideTheServicesNeedsARestart() {
        String router = "virtual_routers:\n  - {name: r, interface: eth0, vrid: 5, addresses: [198.51.100.1/24]}\n";
        String before = router + services(WEB);
        String after = router.replace("vrid: 5", "vrid: 6") + services(WEB + "    balance: round_robin\n");
        List<ConfigChange> changes = ConfigDiff.between(config(before), config(after));
        assertThat(changes.stream().filter(ConfigChange::needsRestart).map(ConfigChange::path))
                .containsExactly("virtual_routers[r].vrid");
        assertThat(changes.stream().filter(change -> !change.needsRestart()).map(ConfigChange::path))
                .containsExactly("services[web].balance");
    }

    @Test
    void whatIsTrackedAndTheHooksNeedNone() {
        String before = """
                virtual_routers:
                  - name: "a].track[b"
                    interface: eth0
                    vrid: 5
                    addresses: [198.51.100.1/24]
                    track: {scripts: [{name: db, command: /bin/true, weight: -20}]}
                """;
        String after = before.replace("weight: -20", "weight: -30") + "    hooks: {on_active: [/bin/true]}\n"
                + "    priority: 200\n";
        List<ConfigChange> changes = ConfigDiff.between(config(before), config(after));
        assertThat(changes.stream().filter(ConfigChange::needsRestart).map(ConfigChange::path))
                .containsExactly("virtual_routers[a].track[b].priority");
        assertThat(changes.stream().filter(change -> !change.needsRestart()).map(ConfigChange::path))
                .containsExactly(
                        "virtual_routers[a].track[b].track.scripts[db].weight",
                        "virtual_routers[a].track[b].hooks.on_active");
    }

    @Test
    @Tag("property")
    void thereIsADifferenceExactlyBetweenConfigurationsThatDiffer() {
        for (int seed = 0; seed < 500; seed++) {
            MainstayConfig one = new RandomConfig(new Random(seed)).next();
            MainstayConfig same = new RandomConfig(new Random(seed)).next();
            MainstayConfig other = new RandomConfig(new Random(seed + 1)).next();
            assertThat(ConfigDiff.between(one, same)).as("seed %d", seed).isEmpty();
            assertThat(ConfigDiff.between(one, other).isEmpty())
                    .as("seed %d", seed)
                    .isEqualTo(one.equals(other));
            assertThat(ConfigDiff.needsRestart(one, other))
                    .as("seed %d", seed)
                    .isEqualTo(ConfigDiff.between(one, other).stream().anyMatch(ConfigChange::needsRestart));
            assertThat(ConfigDiff.between(other, one))
                    .as("seed %d: as many back as forth", seed)
                    .hasSameSizeAs(ConfigDiff.between(one, other));
        }
    }
}
