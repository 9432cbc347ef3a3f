// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AccessList;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.Prefix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The trie of the kernel says of every client what the list of the proxy engine says. */
@Tag("native")
class AccessTrieTest {

    @BeforeEach
    void need() throws IOException {
        Assumptions.assumeTrue(
                Files.readString(Path.of("/proc/self/uid_map")).strip().startsWith("0          0"),
                "making maps takes root of the machine");
    }

    @Test
    void anyListGivesTheSameAnswers() throws KernelException {
        for (long seed = 1; seed <= 60; seed++) {
            Random random = new Random(seed);
            AccessConfig config =
                    new AccessConfig(prefixes(random, random.nextInt(200)), prefixes(random, random.nextInt(200)));
            AccessList expected = new AccessList(config);
            try (BpfMap trie = trie(config)) {
                for (int i = 0; i < 300; i++) {
                    IpAddress client = address(random);
                    assertThat(allows(trie, client))
                            .as("seed %d: %s in %s", seed, client, config)
                            .isEqualTo(expected.allows(client));
                }
            }
        }
    }

    @Test
    void aListMayBeAsLongAsTheConfigurationAllows() throws KernelException {
        List<Prefix> deny = new ArrayList<>();
        for (int i = 0; i < 65_536; i++) {
            deny.add(new Prefix(new Ipv4Address(i << 8), 24));
        }
        AccessConfig config = new AccessConfig(List.of(Prefix.parse("2001:db8::/32")), deny);
        try (BpfMap trie = trie(config)) {
            assertThat(allows(trie, IpAddress.parse("0.255.255.9"))).isFalse();
            assertThat(allows(trie, IpAddress.parse("2001:db8::9"))).isTrue();
            assertThat(allows(trie, IpAddress.parse("2001:db9::9"))).isFalse();
        }
    }

    private static BpfMap trie(AccessConfig config) throws KernelException {
        Map<Prefix, Boolean> allowed = new HashMap<>();
        config.allow().forEach(prefix -> allowed.put(prefix, true));
        config.deny().forEach(prefix -> allowed.put(prefix, false));
        return AccessTrie.of(allowed, config.allow().isEmpty());
    }

    private static boolean allows(BpfMap trie, IpAddress client) throws KernelException {
        try (Arena arena = Arena.ofConfined()) {
            byte[] key = FlowAbi.accessKey(new Prefix(client, client.bitLength()));
            MemorySegment verdict = trie.get(arena, arena.allocateFrom(ValueLayout.JAVA_BYTE, key));
            return Objects.requireNonNull(verdict).get(FlowAbi.INT, 0) == FlowAbi.ACCESS_ALLOWED;
        }
    }

    private static List<Prefix> prefixes(Random random, int count) {
        List<Prefix> prefixes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            IpAddress address = address(random);
            prefixes.add(Prefix.around(address, random.nextInt(address.bitLength() + 1)));
        }
        return prefixes;
    }

    /** Few different bits, so that networks lie within each other. */
    private static IpAddress address(Random random) {
        int few = fewBits(random);
        return random.nextBoolean()
                ? new Ipv4Address(few)
                : new Ipv6Address((long) few << random.nextInt(33), (long) fewBits(random) << random.nextInt(33));
    }

    private static int fewBits(Random random) {
        int bits = 0;
        for (int i = random.nextInt(5); i > 0; i--) {
            bits |= 1 << random.nextInt(32);
        }
        return bits;
    }
}
