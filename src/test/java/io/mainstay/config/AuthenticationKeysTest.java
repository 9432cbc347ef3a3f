// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static io.mainstay.config.ConfigFileTest.valid;
import static io.mainstay.config.ConfigFileTest.warnings;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.AuthenticationConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What must hold between the keys of {@code authentication} and of its virtual router. */
class AuthenticationKeysTest {

    private static String router(String more) {
        return """
                virtual_routers:
                  - name: web
                    interface: eth0
                    vrid: 51
                    addresses: [198.51.100.10/24]
                """ + more.indent(4);
    }

    private static List<String> problems(String more) {
        ConfigResult result = ConfigFile.parse(router(more), "f.yaml", ConfigFileTest.HOST);
        assertThat(result).isInstanceOf(ConfigResult.Invalid.class);
        return ((ConfigResult.Invalid) result)
                .problems().stream().map(ConfigProblem::toString).toList();
    }

    private static AuthenticationConfig authentication(String more) {
        return valid(router(more)).virtualRouters().getFirst().authentication().config();
    }

    @Test
    void oneKeyIsEnough() {
        assertThat(authentication("authentication: {keys: [{id: 3, file: /keys/a}]}"))
                .isEqualTo(new AuthenticationConfig(
                        AuthenticationConfig.Mode.ENFORCE,
                        List.of(ConfigFileTest.keyIn(3, "/keys/a")),
                        3,
                        Duration.ofSeconds(5)));
        assertThat(authentication("advertisement_interval: 4s\nauthentication: {keys: [{id: 3, file: /keys/a}]}")
                        .window())
                .isEqualTo(Duration.ofSeconds(12));
        assertThat(authentication("priority: 7")).isEqualTo(AuthenticationConfig.NONE);
    }

    @Test
    void aFileThatCannotBeUsedIsAMistakeAtItsPlace() {
        assertThat(problems("authentication:\n  keys:\n    - {id: 1, file: /missing/a}"))
                .containsExactly("f.yaml:8:25 virtual_routers[0].authentication.keys[0].file: /missing/a: no such file"
                        + " (expected: a file with a key)");
    }

    @Test
    void anIdIsGivenOnceAndTheActiveOneIsThere() {
        assertThat(problems("authentication: {active_key: 9, keys: [{id: 1, file: /keys/a}, {id: 1, file: /keys/b}]}"))
                .containsExactly(
                        "f.yaml:6:34 virtual_routers[0].authentication.active_key: 9 (expected: the id of one of the keys)",
                        "f.yaml:6:73 virtual_routers[0].authentication.keys[1].id: 1 (expected: an id of its own;"
                                + " virtual_routers[0].authentication.keys[0] has this one)");
    }

    @Test
    void aPasswordBesideItIsAMistake() {
        assertThat(problems("version: 2\npassword: \"1111\"\nauthentication: {keys: [{id: 1, file: /keys/a}]}"))
                .containsExactly("f.yaml:7:15 virtual_routers[0].password: given (expected: either a password or"
                        + " authentication, not both)");
    }

    @Test
    void theWindowLeavesRoomForWhatTheGuardHasInStore() {
        assertThat(problems("advertisement_interval: 3s\n"
                        + "authentication: {window: 5s, keys: [{id: 1, file: /keys/a}]}"))
                .containsExactly("f.yaml:7:30 virtual_routers[0].authentication.window: 5s (expected: two advertisement"
                        + " intervals or more, 6s)");
    }

    @Test
    void whatHasNoEffectOrLeavesADoorOpenIsTold() {
        assertThat(warnings(router("authentication: {mode: permissive, window: 9s}")))
                .containsExactly(
                        "f.yaml:6:28 virtual_routers[0].authentication.mode: has no effect: there are no keys",
                        "f.yaml:6:48 virtual_routers[0].authentication.window: has no effect: there are no keys");
        assertThat(warnings(router("authentication: {mode: receive_only, keys: [{id: 1, file: /keys/a}]}")))
                .containsExactly("f.yaml:6:28 virtual_routers[0].authentication.mode: takes unsigned advertisements in,"
                        + " which anybody can send: set enforce once all nodes sign");
    }

    @Test
    void anotherKeyInTheSameFileIsAChangeThatARunningDaemonTakes() {
        MainstayConfig before = valid(router("authentication: {keys: [{id: 1, file: /keys/a}]}"));
        HostFacts rewritten = new HostFacts(
                "lb9",
                Path.of("/run/mainstay"),
                address -> false,
                program -> "",
                path -> new KeyFile.Read(new byte[32]));
        ConfigResult after =
                ConfigFile.parse(router("authentication: {keys: [{id: 1, file: /keys/a}]}"), "f.yaml", rewritten);
        assertThat(ConfigDiff.between(before, ((ConfigResult.Valid) after).config()))
                .containsExactly(new ConfigChange(
                        ConfigChange.Kind.CHANGED,
                        "virtual_routers[web].authentication.keys",
                        "/keys/a",
                        "another key in it",
                        false));
        assertThat(ConfigDiff.between(before, before)).isEmpty();
    }

    @Test
    void aRunningDaemonTakesTheModeAndNewKeys() {
        MainstayConfig before = valid(router("authentication: {mode: permissive, keys: [{id: 1, file: /keys/a}]}"));
        MainstayConfig after = valid(
                router("authentication: {keys: [{id: 1, file: /keys/a}, {id: 2, file: /keys/b}], active_key: 2}"));
        assertThat(ConfigDiff.between(before, after)).isNotEmpty().noneMatch(ConfigChange::needsRestart);
        assertThat(ConfigDiff.between(valid(router("preempt: true")), after))
                .singleElement()
                .satisfies(change -> assertThat(change.needsRestart()).isFalse());
    }
}
