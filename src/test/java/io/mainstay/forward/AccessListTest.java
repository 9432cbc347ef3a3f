// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.IpAddress;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.Prefix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class AccessListTest {

    private static List<Prefix> prefixes(String... texts) {
        return Arrays.stream(texts).map(Prefix::parse).toList();
    }

    private static boolean allows(List<Prefix> allow, List<Prefix> deny, String client) {
        return new AccessList(new AccessConfig(allow, deny)).allows(IpAddress.parse(client));
    }

    @Test
    void everybodyMayComeByDefault() {
        AccessList everybody = new AccessList(AccessConfig.EVERYBODY);
        assertThat(everybody.allows(IpAddress.parse("198.18.0.1"))).isTrue();
        assertThat(everybody.allows(IpAddress.parse("2001:db8::1"))).isTrue();
    }

    @Test
    void withSomebodyAllowedNobodyElseMayCome() {
        assertThat(allows(prefixes("198.18.0.0/24"), List.of(), "198.18.0.7")).isTrue();
        assertThat(allows(prefixes("198.18.0.0/24"), List.of(), "198.18.1.7")).isFalse();
        assertThat(allows(prefixes("198.18.0.0/24"), List.of(), "2001:db8::1")).isFalse();
    }

    @Test
    void theSmallestNetworkDecides() {
        List<Prefix> allow = prefixes("198.18.7.0/24");
        List<Prefix> deny = prefixes("198.18.0.0/15", "198.18.7.9/32");
        assertThat(allows(allow, deny, "198.18.7.8")).isTrue();
        assertThat(allows(allow, deny, "198.18.7.9")).isFalse();
        assertThat(allows(allow, deny, "198.18.8.8")).isFalse();
    }

    @Test
    void aNetworkInBothListsIsDenied() {
        assertThat(allows(prefixes("198.18.0.0/24"), prefixes("198.18.0.0/24"), "198.18.0.1"))
                .isFalse();
    }

    @Test
    @Tag("property")
    void looksUpWhatASearchThroughAllEntriesFinds() {
        for (long seed = 1; seed <= 60; seed++) {
            Random random = new Random(seed);
            List<Prefix> allow = randomPrefixes(random, random.nextInt(200));
            List<Prefix> deny = randomPrefixes(random, random.nextInt(200));
            AccessConfig config = new AccessConfig(allow, deny);
            AccessList list = new AccessList(config);
            for (int i = 0; i < 500; i++) {
                IpAddress client = randomAddress(random);
                assertThat(list.allows(client))
                        .as("seed %d: %s in %s", seed, client, config)
                        .isEqualTo(search(config, client));
            }
        }
    }

    /** Few different bits, so that networks lie within each other. */
    private static IpAddress randomAddress(Random random) {
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

    private static List<Prefix> randomPrefixes(Random random, int count) {
        List<Prefix> prefixes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            IpAddress address = randomAddress(random);
            int length = random.nextInt(address.bitLength() + 1);
            IpAddress first = switch (address) {
                case Ipv4Address ipv4 ->
                    new Ipv4Address((int) (((long) ipv4.bits() << 32 & Prefix.highMask(length)) >> 32));
                case Ipv6Address ipv6 ->
                    new Ipv6Address(ipv6.highBits() & Prefix.highMask(length), ipv6.lowBits() & Prefix.lowMask(length));
            };
            prefixes.add(new Prefix(first, length));
        }
        return prefixes;
    }

    private static boolean search(AccessConfig config, IpAddress client) {
        int allowed = longest(config.allow(), client);
        int denied = longest(config.deny(), client);
        return (allowed < 0 && denied < 0) ? config.allow().isEmpty() : allowed > denied;
    }

    private static int longest(List<Prefix> prefixes, IpAddress client) {
        return prefixes.stream()
                .filter(prefix -> prefix.contains(client))
                .mapToInt(Prefix::length)
                .max()
                .orElse(-1);
    }
}
