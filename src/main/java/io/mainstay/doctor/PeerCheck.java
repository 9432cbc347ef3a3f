// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import io.mainstay.election.VirtualRouter;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.election.wire.Advertisement;
import io.mainstay.election.wire.AdvertisementDecoder;
import io.mainstay.election.wire.DecodeResult;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.IpFamily;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the advertisements for each virtual router say of its peers: whether they are configured alike, and whether there is one
 * Active. Judges by the rules of the election itself.
 */
final class PeerCheck {

    private static final String CHECK = "peers";

    private PeerCheck() {}

    static List<Finding> examine(Patient patient) {
        List<Finding> findings = new ArrayList<>();
        for (VirtualRouterConfig router : patient.routers()) {
            Heard heard = patient.heard().get(router.interfaceName());
            if (heard != null) {
                Set<IpAddress> own = WireCheck.ownAddresses(patient, router.interfaceName());
                findings.add(judge(patient, router, Speakers.among(WireCheck.arrived(heard, own), router)));
            }
        }
        return findings;
    }

    /**
     * Who advertises the number of a virtual router.
     *
     * @param accepted their last advertisement, by family and source
     * @param refused why those of a source are thrown away
     */
    private record Speakers(Map<IpFamily, Map<IpAddress, Advertisement>> accepted, Map<IpAddress, String> refused) {

        static Speakers among(List<IpDatagram> arrived, VirtualRouterConfig router) {
            VirtualRouter judge = new VirtualRouter(router);
            Speakers speakers = new Speakers(new EnumMap<>(IpFamily.class), new LinkedHashMap<>());
            for (IpDatagram datagram : arrived) {
                IpAddress source = datagram.source();
                if (router.families().contains(source.family())
                        && AdvertisementDecoder.decode(datagram) instanceof DecodeResult.Decoded decoded
                        && decoded.advertisement().vrid().equals(router.vrid())) {
                    Advertisement advertisement = decoded.advertisement();
                    judge.refusal(advertisement, datagram)
                            .ifPresentOrElse(
                                    refusal -> speakers.refused.put(source, refusal.detail()),
                                    () -> speakers.accept(source, advertisement));
                }
            }
            return speakers;
        }

        /** A farewell says that the sender is Active no more. */
        private void accept(IpAddress source, Advertisement advertisement) {
            Map<IpAddress, Advertisement> ofFamily =
                    accepted.computeIfAbsent(source.family(), fresh -> new LinkedHashMap<>());
            if (advertisement.priority().isResign()) {
                ofFamily.remove(source);
            } else {
                ofFamily.put(source, advertisement);
            }
        }

        /** Those of the family over which most are heard: a router of both families advertises over each. */
        Map<IpAddress, Advertisement> actives() {
            return accepted.values().stream()
                    .reduce((one, other) -> other.size() > one.size() ? other : one)
                    .orElse(Map.of());
        }
    }

    private static Finding judge(Patient patient, VirtualRouterConfig router, Speakers speakers) {
        String subject = router.name();
        Optional<Map.Entry<IpAddress, String>> refused =
                speakers.refused().entrySet().stream().findFirst();
        if (refused.isPresent()) {
            return Finding.failed(
                    CHECK,
                    subject,
                    "advertisements of " + refused.get().getKey() + " are thrown away: "
                            + refused.get().getValue(),
                    "do as it says, so that the two take each other for peers, or not for the same virtual router");
        }
        Map<IpAddress, Advertisement> actives = speakers.actives();
        boolean here = patient.isActive(router);
        if (actives.isEmpty()) {
            return here
                    ? Finding.ok(CHECK, subject, "this node is Active, and no other router says that it is")
                    : Finding.skipped(CHECK, subject, "no Active was heard", "");
        }
        if (actives.size() > 1 || here) {
            return Finding.failed(
                    CHECK,
                    subject,
                    "more than one router is Active: " + actives.keySet() + (here ? " and this node" : ""),
                    "they do not hear each other; look at the firewalls and the network between them");
        }
        return differences(router, actives.entrySet().iterator().next());
    }

    private static Finding differences(VirtualRouterConfig router, Map.Entry<IpAddress, Advertisement> active) {
        Advertisement said = active.getValue();
        String found = active.getKey() + " is Active with priority " + said.priority();
        List<String> differences = new ArrayList<>();
        Set<IpAddress> ours =
                Set.copyOf(router.advertisedAddresses(active.getKey().family()));
        if (!Set.copyOf(said.addresses()).equals(ours)) {
            differences.add("the addresses " + said.addresses() + " instead of " + ours);
        }
        if (!said.interval().equals(router.advertisementInterval())) {
            differences.add("an interval of " + said.interval().toMillis() + "ms instead of "
                    + router.advertisementInterval().toMillis() + "ms");
        }
        if (said.priority().equals(router.priority())) {
            differences.add("the same priority as this node");
        }
        return differences.isEmpty()
                ? Finding.ok(CHECK, router.name(), found)
                : Finding.warning(
                        CHECK,
                        router.name(),
                        found + ", but with " + String.join(", ", differences),
                        "make both configurations agree, and the priorities differ");
    }
}
