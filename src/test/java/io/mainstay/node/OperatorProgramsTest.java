// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorProgramsTest {

    /**
     * @param ofRouter a key of the virtual router with its value
     * @param ofService a key of the service with its value
     */
    private static boolean anyIn(String ofRouter, String ofService) {
        String yaml = """
                virtual_routers:
                  - interface: eth0
                    vrid: 51
                    addresses: [198.51.100.10/24]
                    %s
                services:
                  - listen: 198.51.100.10:80
                    %s
                    backends: [{address: "10.0.0.11:80"}]
                """.formatted(ofRouter, ofService);
        HostFacts host = new HostFacts("lb1", HostFacts.DEFAULT_RUN_DIRECTORY, address -> true, program -> "");
        ConfigResult result = ConfigFile.parse(yaml, "f.yaml", host);
        assertThat(result).isInstanceOf(ConfigResult.Valid.class);
        return OperatorPrograms.anyIn(((ConfigResult.Valid) result).config());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hooks: {on_active: [/usr/local/bin/up]}",
                "track: {scripts: [{name: db, command: [/usr/local/bin/db]}]}"
            })
    void hooksAndScriptsAreSuch(String ofRouter) {
        assertThat(anyIn(ofRouter, "")).isTrue();
    }

    @Test
    void aCheckByAProgramIsOneToo() {
        assertThat(anyIn("", "health_check: {type: exec, command: [/usr/local/bin/check]}"))
                .isTrue();
    }

    @Test
    void anotherCheckIsNone() {
        assertThat(anyIn("", "health_check: {type: http, path: /health}")).isFalse();
    }
}
