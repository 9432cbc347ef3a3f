// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.config.KernelEngineSettings.Ports;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** From what the kernel prints in the two files. */
class LocalPortsTest {

    private final Map<String, String> files = new HashMap<>();

    private Optional<LocalPorts> ports(String range) {
        files.put("/proc/sys/net/ipv4/ip_local_port_range", range);
        return LocalPorts.of(path -> Optional.ofNullable(files.get(path)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''              | 10",
                "8080            | 10",
                "1005            |  9",
                "1000-1009       |  0",
                "1-65535         |  0",
                "1009-1100       |  9",
                "900-1000,1002,1002,1008-2000 | 6",
                "1009-1000       | 10",
                "nonsense,1003   |  9",
                "1000-99999      | 10",
            })
    void whatIsReservedIsNoneOfThem(String reserved, int count) {
        files.put("/proc/sys/net/ipv4/ip_local_reserved_ports", reserved + "\n");
        assertThat(ports("1000\t1009\n").orElseThrow().count()).isEqualTo(count);
    }

    @Test
    void withoutAFileOfReservedOnesNoneIs() {
        LocalPorts ports = ports("32768\t60999\n").orElseThrow();
        assertThat(ports.count()).isEqualTo(28232);
        assertThat(ports.countIn(new Ports(10240, 32767))).isZero();
        assertThat(ports.countIn(new Ports(10240, 32768))).isEqualTo(1);
        assertThat(ports.countIn(new Ports(60000, 65535))).isEqualTo(1000);
    }

    @Test
    void theLastPortIsOne() {
        assertThat(ports("65535 65535").orElseThrow().count()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "32768", "32768-60999", "60999 32768", "1 65536", "1 999999", "a b"})
    void aRangeThatIsNoneIsUnknown(String range) {
        assertThat(ports(range)).isEmpty();
    }

    @Test
    void aRangeThatCannotBeReadIsUnknown() {
        assertThat(LocalPorts.of(path -> Optional.empty())).isEmpty();
    }
}
