// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import static io.mainstay.migrate.SampleImport.imported;
import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Words of keepalived.conf in any order. */
class KeepalivedImportPropertyTest {

    @Test
    @Tag("property")
    void whateverStandsThereTheResultIsAConfiguration() {
        List<String> words = List.of(
                "{",
                "}",
                "\n",
                "vrrp_instance",
                "virtual_server",
                "a",
                "interface",
                "eth0",
                "virtual_router_id",
                "51",
                "priority",
                "-7",
                "virtual_ipaddress",
                "198.51.100.10/24",
                "2001:db8::1",
                "::",
                "\"",
                "\\",
                "#",
                "@x",
                "$A=",
                "$A",
                "${A}",
                "real_server",
                "10.0.0.1",
                "80",
                "HTTP_GET",
                "url",
                "path",
                "/",
                "vrrp_sync_group",
                "group",
                "track_script",
                "vrrp_script",
                "script",
                "weight",
                "track_file",
                "file",
                "notify",
                "advert_int",
                "0.001",
                "99999999999",
                "include",
                "more.conf",
                "quorum",
                "persistence_granularity",
                "255.0.255.0",
                "MISC_CHECK",
                "misc_path",
                "DNS_CHECK",
                "UDP_CHECK",
                "payload",
                "unicast_peer",
                "authentication",
                "auth_pass",
                "preempt_delay",
                "\u0000",
                "\u2028",
                "é",
                "global_defs",
                "router_id",
                "version",
                "2");
        for (int seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder();
            int length = random.nextInt(120);
            for (int i = 0; i < length; i++) {
                text.append(words.get(random.nextInt(words.size()))).append(random.nextInt(4) == 0 ? "\n" : " ");
            }
            KeepalivedImport imported = imported(text.toString());
            assertThat(ConfigFile.parse(
                            imported.yaml(),
                            "m.yaml",
                            new HostFacts("lb9", Path.of("/run/mainstay"), address -> true, program -> "")))
                    .as("seed %d:%n%s%n%s", seed, text, imported.yaml())
                    .isInstanceOf(ConfigResult.Valid.class);
        }
    }
}
