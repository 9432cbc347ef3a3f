// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.election.AdvertisementSigner;
import io.mainstay.election.AuthenticationConfig;
import io.mainstay.election.AuthenticityRules;
import io.mainstay.election.ElectionNotice;
import io.mainstay.election.wire.DecodeResult;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.VirtualRouterId;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How one virtual router proves what it says and what it believes of others, by the configuration that came last. Belongs to
 * the election thread but for {@link #configure}, which any thread may call.
 */
final class RouterAuthentication {

    private final AdvertisementSigner signer;
    private final AuthenticityRules rules;
    private final InstantSource wallClock;
    private final AtomicReference<@Nullable AuthenticationConfig> changed = new AtomicReference<>();

    RouterAuthentication(VirtualRouterId vrid, AuthenticationConfig config, InstantSource wallClock) {
        signer = new AdvertisementSigner(config);
        rules = new AuthenticityRules(vrid, config);
        this.wallClock = wallClock;
    }

    /** What the router says is numbered and signed by it. */
    AdvertisementSigner signer() {
        return signer;
    }

    /** Another configuration, which is taken up by {@link #takeUp}. */
    void configure(AuthenticationConfig config) {
        changed.set(config);
    }

    /** Goes by the configuration that came last, and says whether there was one. */
    boolean takeUp() {
        AuthenticationConfig config = changed.getAndSet(null);
        if (config == null) {
            return false;
        }
        signer.configure(config);
        rules.configure(config);
        return true;
    }

    /** Why a message is not believed; empty if it is. */
    Optional<DecodeResult.Discarded> refusal(DecodeResult.Decoded decoded, IpDatagram datagram) {
        return rules.refusal(decoded, datagram, wallClock.instant());
    }

    /** Takes note of a message that was believed; what an operator should know of it. */
    Optional<ElectionNotice> accept(DecodeResult.Decoded decoded, IpAddress source) {
        return rules.accept(decoded, source, wallClock.instant());
    }
}
