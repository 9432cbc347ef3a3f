// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.Ipv4Address;
import io.mainstay.net.Ipv6Address;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("property")
class WirePropertyTest {

    private static final int ROUND_TRIPS = 20_000;
    private static final int RANDOM_DATAGRAMS = 200_000;
    private static final int MUTATED_DATAGRAMS = 200_000;

    @Test
    void whatIsEncodedIsDecodedAgain() {
        for (long seed = 0; seed < ROUND_TRIPS; seed++) {
            Packet packet = Packet.random(new SplittableRandom(seed));

            assertThat(AdvertisementDecoder.decode(packet.datagram()))
                    .as("seed %d", seed)
                    .isInstanceOfSatisfying(DecodeResult.Decoded.class, decoded -> {
                        assertThat(decoded.advertisement()).isEqualTo(packet.advertisement);
                        assertThat(decoded.checksumForm()).isIn(packet.formsThatFit());
                    });
        }
    }

    @Test
    void randomOctetsNeverThrow() {
        for (long seed = 0; seed < RANDOM_DATAGRAMS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            byte[] octets = new byte[random.nextInt(64)];
            random.nextBytes(octets);
            if (octets.length > 0 && random.nextBoolean()) {
                octets[0] = (byte) (random.nextBoolean() ? 0x31 : 0x21);
            }
            assertDecodesWithoutThrowing(
                    seed,
                    new IpDatagram(
                            Packet.randomAddress(random, random.nextBoolean()),
                            Packet.randomAddress(random, random.nextBoolean()),
                            random.nextInt(8) == 0 ? random.nextInt() : 255,
                            octets));
        }
    }

    @Test
    void mutatedMessagesNeverThrow() {
        for (long seed = 0; seed < MUTATED_DATAGRAMS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            IpDatagram sound = Packet.random(random).datagram();
            byte[] octets = random.nextInt(3) == 0
                    ? Arrays.copyOf(sound.payload(), random.nextInt(sound.payload().length + 30))
                    : sound.payload().clone();
            for (int i = random.nextInt(4); i > 0 && octets.length > 0; i--) {
                octets[random.nextInt(Math.min(octets.length, 12))] = (byte) random.nextInt();
            }
            assertDecodesWithoutThrowing(seed, new IpDatagram(sound.source(), sound.destination(), 255, octets));
        }
    }

    private static void assertDecodesWithoutThrowing(long seed, IpDatagram datagram) {
        try {
            AdvertisementDecoder.decode(datagram);
        } catch (RuntimeException thrown) {
            throw new AssertionError("seed " + seed, thrown);
        }
    }

    private record Packet(Advertisement advertisement, ChecksumForm form, IpDatagram datagram) {

        private static final List<ChecksumForm> FORMS = List.copyOf(EnumSet.allOf(ChecksumForm.class));

        static Packet random(SplittableRandom random) {
            VrrpVersion version = random.nextInt(3) == 0 ? VrrpVersion.V2 : VrrpVersion.V3;
            boolean ipv4 = version == VrrpVersion.V2 || random.nextBoolean();
            IpAddress source = randomAddress(random, ipv4);
            IpAddress group = ipv4 ? Ipv4Address.VRRP_GROUP : Ipv6Address.VRRP_GROUP;
            IpAddress destination = random.nextBoolean() ? group : randomAddress(random, ipv4);
            int count = 1 + (random.nextInt(20) == 0 ? random.nextInt(255) : random.nextInt(4));
            List<IpAddress> addresses = Stream.generate(() -> randomAddress(random, ipv4))
                    .limit(count)
                    .toList();
            Duration interval = version == VrrpVersion.V2
                    ? Duration.ofSeconds(1 + random.nextInt(255))
                    : Duration.ofMillis(10L * (1 + random.nextInt(4095)));
            Authentication authentication = version == VrrpVersion.V2 && random.nextBoolean()
                    ? new Authentication.SimplePassword(random.nextLong())
                    : Authentication.NONE;
            Advertisement advertisement = new Advertisement(
                    version,
                    new VirtualRouterId(1 + random.nextInt(255)),
                    new Priority(random.nextInt(256)),
                    interval,
                    addresses,
                    authentication);
            ChecksumForm form = FORMS.get(random.nextInt(FORMS.size()));
            byte[] message = AdvertisementEncoder.encode(advertisement, form, source, destination);
            return new Packet(advertisement, form, new IpDatagram(source, destination, 255, message));
        }

        static IpAddress randomAddress(SplittableRandom random, boolean ipv4) {
            return ipv4 ? new Ipv4Address(random.nextInt()) : new Ipv6Address(random.nextLong(), random.nextLong());
        }

        /** The form that was asked for, where there is a choice; sent to the group, two of them are one. */
        EnumSet<ChecksumForm> formsThatFit() {
            if (advertisement.version() == VrrpVersion.V2) {
                return EnumSet.of(ChecksumForm.RFC9568);
            }
            boolean choice = datagram.source() instanceof Ipv4Address;
            if (!choice
                    || (form != ChecksumForm.RFC9568 && datagram.destination().equals(Ipv4Address.VRRP_GROUP))) {
                return EnumSet.of(ChecksumForm.PSEUDO_HEADER);
            }
            return EnumSet.of(form);
        }
    }
}
