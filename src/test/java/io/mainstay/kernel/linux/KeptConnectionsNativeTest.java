// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.kernel.KeptConnections;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rules and routes for connections without an address, as the kernel shows them. What they do is tried by the system tests. */
@Tag("native")
class KeptConnectionsNativeTest {

    private static final IpAddress IPV4 = IpAddress.parse("198.18.0.10");
    private static final IpAddress IPV6 = IpAddress.parse("2001:db8::10");

    @RegisterExtension
    private final VethLab lab = new VethLab();

    private LinuxKernel kernel;
    private KeptConnections kept;

    @BeforeEach
    void open() throws KernelException {
        kernel = LinuxKernel.open();
        kept = kernel.keptConnections();
    }

    @AfterEach
    void close() {
        kernel.close();
    }

    private static String rules() {
        return NetworkNamespace.ip("-4", "rule", "show") + NetworkNamespace.ip("-6", "rule", "show");
    }

    private static String routes(String family) {
        return NetworkNamespace.ip(family, "route", "show", "table", "all", "type", "local", "proto", "77");
    }

    @Test
    void packetsOfTcpOnThisInterfaceAloneAreLookedUpApart() throws KernelException {
        kept.keep(VethLab.NEAR, IPV4);
        kept.keep(VethLab.NEAR, IPV6);
        assertThat(rules())
                .contains("from all to 198.18.0.10 iif near0 ipproto tcp lookup 19795 proto 77")
                .contains("from all to 2001:db8::10 iif near0 ipproto tcp lookup 19795 proto 77");
        assertThat(routes("-4")).contains("local 198.18.0.10 dev lo table 19795");
        assertThat(routes("-6")).contains("local 2001:db8::10 dev lo table 19795");
        assertThat(NetworkNamespace.ip("-4", "route", "get", "198.18.0.10")).doesNotContain("local");
    }

    @Test
    void twiceIsAsOnce() throws KernelException {
        String before = rules();
        kept.keep(VethLab.NEAR, IPV4);
        kept.keep(VethLab.NEAR, IPV4);
        kept.letGo(VethLab.NEAR, IPV4);
        kept.letGo(VethLab.NEAR, IPV4);
        assertThat(rules()).isEqualTo(before);
        assertThat(routes("-4")).isBlank();
    }

    @Test
    void whatAnEarlierProcessLeftIsTakenBackAndNothingElse() throws KernelException {
        NetworkNamespace.ip("rule", "add", "to", "198.18.0.99", "ipproto", "tcp", "lookup", "19795");
        NetworkNamespace.ip("rule", "add", "to", "198.18.0.98", "iif", "near0", "lookup", "7", "protocol", "77");
        String before = rules();
        kept.keep(VethLab.NEAR, IPV4);
        kept.keep(VethLab.NEAR, IPV6);
        assertThat(kept.removeLeftovers()).containsExactly(IPV4, IPV6);
        assertThat(rules()).isEqualTo(before);
        assertThat(routes("-4") + routes("-6")).isBlank();
        assertThat(kept.removeLeftovers()).isEmpty();
    }
}
