// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.wire.ChecksumForm;
import io.mainstay.net.IpAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is noticed about peers. */
class PeerObserverTest extends VirtualRouterBench {

    @Test
    void anotherAddressListIsNoticedOnceForEachChange() {
        linkUp(OURS);
        List<IpAddress> theirs = List.of(IpAddress.parse("198.18.0.201"));
        hear(200, PEER, SECOND, theirs, ChecksumForm.PSEUDO_HEADER);
        hear(200, PEER, SECOND, theirs, ChecksumForm.PSEUDO_HEADER);
        assertThat(notices()).containsExactly("peer-addresses-differ");
        hear(200, PEER, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        hear(200, PEER, SECOND, theirs, ChecksumForm.PSEUDO_HEADER);
        assertThat(notices()).containsExactly("peer-addresses-differ");
        assertThat(router.activeAddress()).contains(PEER);
    }

    @Test
    void whatAnotherAddressListLeadsToIsSaid() {
        ElectionNotice differ = new ElectionNotice.AddressesDiffer(PEER, List.of(), ADDRESSES);
        assertThat(differ.sentence())
                .contains("give both the same list", "before 2.3.3 does not hear", "becomes Active beside this node");
    }

    @Test
    void anotherIntervalIsNoticedOnceForEachChange() {
        linkUp(OURS);
        hear(200, PEER, Duration.ofMillis(100), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        hear(200, PEER, Duration.ofMillis(100), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        hear(200, PEER, Duration.ofMillis(200), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        assertThat(notices()).containsExactly("peer-interval-differs", "peer-interval-differs");
    }

    @Test
    void whatDiffersIsKnownForAsLongAsThePeerIsHeard() {
        linkUp(OURS);
        hear(200, PEER, Duration.ofMillis(100), ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        List<String> told = router.peerDifferences(now);
        assertThat(told).singleElement().asString().contains("advertises every 100ms, this node every 1000ms");
        after(Duration.ofMillis(499));
        assertThat(router.peerDifferences(now)).isEqualTo(told);
        after(Duration.ofMillis(1));
        assertThat(router.peerDifferences(now)).isEmpty();
        hear(200, PEER, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        assertThat(router.peerDifferences(now)).as("it was mended").isEmpty();
    }

    @Test
    void theChecksumFormFollowsThePeerOnAuto() {
        linkUp(OURS);
        assertThat(router.checksumForm()).isEqualTo(ChecksumForm.PSEUDO_HEADER);
        hear(200, PEER, SECOND, ADDRESSES, ChecksumForm.RFC9568);
        assertThat(router.checksumForm()).isEqualTo(ChecksumForm.RFC9568);
        assertThat(notices()).isEmpty();
        hear(200, OTHER_PEER, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        assertThat(router.checksumForm()).isEqualTo(ChecksumForm.PSEUDO_HEADER);
        hear(200, OTHER_PEER, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        assertThat(notices()).containsExactly("checksum-forms-mix");
    }

    @Test
    void aConfiguredChecksumFormStays() {
        router = router(100, true, Duration.ZERO, ChecksumPreference.RFC9568);
        linkUp(OURS);
        hear(200, PEER, SECOND, ADDRESSES, ChecksumForm.PSEUDO_HEADER);
        assertThat(router.checksumForm()).isEqualTo(ChecksumForm.RFC9568);
        router = router(100, true, Duration.ZERO, ChecksumPreference.PSEUDO_HEADER);
        linkUp(OURS);
        hear(200, PEER, SECOND, ADDRESSES, ChecksumForm.RFC9568);
        assertThat(router.checksumForm()).isEqualTo(ChecksumForm.PSEUDO_HEADER);
    }

    @Test
    void aSecondOwnerIsNoticedOnce() {
        router = router(255, true, Duration.ZERO, ChecksumPreference.AUTO);
        linkUp(OURS);
        hear(255, OTHER_PEER);
        hear(255, OTHER_PEER);
        assertThat(notices()).containsExactly("duplicate-owner", "contending-active");
    }

    @Test
    void aFloodOfForgedPeersGivesFewNotices() {
        linkUp(OURS);
        for (int i = 0; i < 200; i++) {
            hear(
                    200,
                    IpAddress.parse("198.19.0." + i),
                    SECOND,
                    List.of(IpAddress.parse("198.18.0.1")),
                    ChecksumForm.PSEUDO_HEADER);
        }
        assertThat(notices()).hasSize(8);
    }
}
