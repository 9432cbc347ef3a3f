// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import static io.mainstay.migrate.SampleImport.imported;
import static io.mainstay.migrate.SampleImport.notes;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Instances that advertise to {@code unicast_peer}. */
class KeepalivedUnicastImportTest {

    @Test
    void theOldChecksumOfUnicastIsFollowedWithoutAKey() {
        KeepalivedImport imported = imported("""
                vrrp_instance one {
                    interface eth0
                    version 3
                    virtual_router_id 7
                    old_unicast_checksum
                    unicast_peer { 10.0.0.2
                    }
                    virtual_ipaddress { 198.51.100.10/24 }
                }
                """);
        assertThat(imported.yaml()).contains("unicast_peers").doesNotContain("checksum");
        assertThat(notes(imported))
                .containsExactly(
                        "keepalived.conf:5 old_unicast_checksum: not needed: checksum: auto sends the form that the"
                                + " peer uses, the old one too");
    }

    @Test
    void aUnicastPairStaysOneWhateverFamiliesItsAddressesHave() {
        KeepalivedImport imported = imported("""
                vrrp_instance one {
                    interface eth0
                    version 3
                    virtual_router_id 7
                    unicast_peer { 10.0.0.2
                    }
                    virtual_ipaddress { 198.51.100.10/24
                    }
                    virtual_ipaddress_excluded { 2001:db8::10/64
                    }
                }
                """);
        assertThat(imported.yaml()).contains("""
                    unicast_peers:
                      - 10.0.0.2
                    addresses:
                      - 198.51.100.10/24
                """).doesNotContain("2001:db8::10");
        assertThat(notes(imported))
                .anyMatch(
                        note -> note.startsWith(
                                "keepalived.conf:9 2001:db8::10/64: not mapped: Mainstay advertises an address over its own family"));
    }

    @Test
    void withoutAPeerThatCanBeUsedAUnicastInstanceIsNoMulticastOne() {
        KeepalivedImport imported = imported("""
                vrrp_instance one {
                    interface eth0
                    version 3
                    virtual_router_id 7
                    unicast_peer { lb1.example
                        lb2.example
                    }
                    virtual_ipaddress { 198.51.100.10/24
                    }
                }
                vrrp_instance two {
                    interface eth0
                    version 3
                    virtual_router_id 8
                    unicast_peer { 10.0.0.2
                        198.51.100.12
                    }
                    virtual_ipaddress { 198.51.100.12/24
                    }
                }
                """);
        assertThat(imported.virtualRouters()).isEqualTo(1);
        assertThat(imported.yaml()).contains("name: two", "- 10.0.0.2").doesNotContain("name: one");
        assertThat(notes(imported))
                .anyMatch(
                        note -> note.startsWith(
                                "keepalived.conf:1 vrrp_instance one: not mapped: virtual_routers.unicast_peers is lb2.example"))
                .anyMatch(note -> note.startsWith("keepalived.conf:16 198.51.100.12: not mapped"));
    }
}
