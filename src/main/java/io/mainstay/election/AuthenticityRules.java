// SPDX-License-Identifier: Apache-2.0
package io.mainstay.election;

import io.mainstay.election.AuthenticationConfig.Mode;
import io.mainstay.election.wire.AuthenticationKey;
import io.mainstay.election.wire.AuthenticationTrailer;
import io.mainstay.election.wire.DecodeResult.Decoded;
import io.mainstay.election.wire.DecodeResult.Discarded;
import io.mainstay.election.wire.DiscardReason;
import io.mainstay.election.wire.SequenceNumber;
import io.mainstay.net.IpAddress;
import io.mainstay.net.IpDatagram;
import io.mainstay.net.VirtualRouterId;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which advertisements a virtual router believes: rightly signed by a node that has the key, and newer than what the same
 * node said last (draft-cassen-vrrp-auth-hmac). Belongs to one thread.
 *
 * <p>A node without a key looks at no signature: it could not tell a right one from a wrong one, and takes in what is not signed
 * as well. So keys can be given to one node after the other.
 *
 * <p>Bounded against forged sources: it remembers the last number of {@value #MOST_SENDERS} senders that have the key, and what
 * was told of {@value #MOST_SENDERS} others.
 */
public final class AuthenticityRules {

    private static final int MOST_SENDERS = 16;

    private final VirtualRouterId vrid;
    private final Map<IpAddress, SequenceNumber> last = new LinkedHashMap<>();
    private final Map<IpAddress, Set<Oddity>> told = new LinkedHashMap<>();
    private AuthenticationConfig config;

    private enum Oddity {
        UNVERIFIED,
        UNSIGNED,
        CLOCK
    }

    public AuthenticityRules(VirtualRouterId vrid, AuthenticationConfig config) {
        this.vrid = vrid;
        this.config = config;
    }

    /** Goes by another configuration from now on. What was heard stays known, so that it cannot be sent again. */
    public void configure(AuthenticationConfig changed) {
        config = changed;
        told.clear();
    }

    /**
     * Why an advertisement is not believed, by the first check that fails; empty if it is. Cheap checks come before the
     * signature, so that a flood of old messages costs no more than to be thrown away.
     *
     * @param datagram in which it came
     * @param clock the time of day on this host
     */
    public Optional<Discarded> refusal(Decoded decoded, IpDatagram datagram, Instant clock) {
        if (config.isNone()) {
            return Optional.empty();
        }
        if (decoded.trailer().isEmpty()) {
            return config.mode() == Mode.ENFORCE
                    ? refused(
                            DiscardReason.TRAILER_MISSING,
                            "it does not sign its advertisements of VRID " + vrid
                                    + ", which this node asks for: give it the"
                                    + " key (keepalived 2.4.1 or newer: auth_hmac), or set authentication.mode: permissive"
                                    + " here until all nodes have it")
                    : Optional.empty();
        }
        AuthenticationTrailer trailer = decoded.trailer().get();
        SequenceNumber now = SequenceNumber.at(clock);
        Duration age = trailer.sequence().until(now);
        if (age.abs().compareTo(config.window()) > 0) {
            return refused(
                    DiscardReason.TRAILER_STALE,
                    "it signed VRID " + vrid + " at a time that is " + tellDifference(age)
                            + " this node's clock (expected: at most " + seconds(config.window())
                            + "): set both clocks by NTP, or raise authentication.window; if they agree, somebody sends again"
                            + " what was sent before");
        }
        Optional<AuthenticationKey> key = config.key(trailer.keyId());
        if (key.isEmpty()) {
            return refused(
                    DiscardReason.TRAILER_KEY_UNKNOWN,
                    "it signs VRID " + vrid + " with key " + trailer.keyId() + ", this node has " + config.keys()
                            + ": put that key into authentication.keys here");
        }
        if (!AuthenticationTrailer.verifies(datagram, key.get())) {
            return refused(
                    DiscardReason.TRAILER_HMAC,
                    "its signature for VRID " + vrid + " is not that of key " + trailer.keyId()
                            + ": give both nodes the same key under this number; if they have it, somebody forges"
                            + " advertisements");
        }
        return replay(trailer.sequence(), datagram.source(), now);
    }

    private Optional<Discarded> replay(SequenceNumber sequence, IpAddress source, SequenceNumber now) {
        SequenceNumber before = last.get(source);
        // Beyond the window nothing old can come in, and a sender whose clock was set back must be heard again.
        if (before == null || before.until(now).abs().compareTo(config.window()) > 0 || sequence.isAfter(before)) {
            return Optional.empty();
        }
        if (sequence.equals(before)) {
            return refused(DiscardReason.TRAILER_DUPLICATE, "the advertisement came twice");
        }
        return refused(
                DiscardReason.TRAILER_REPLAYED,
                "it sends for VRID " + vrid + " what it signed " + seconds(sequence.until(before))
                        + " before its last advertisement: somebody sends again what was sent before, or two hosts use its"
                        + " address");
    }

    /**
     * Takes note of an advertisement that was believed.
     *
     * @param source who sent it
     * @return what an operator should know of it, once for each sender
     */
    public Optional<ElectionNotice> accept(Decoded decoded, IpAddress source, Instant clock) {
        if (decoded.trailer().isEmpty()) {
            return config.isNone()
                    ? Optional.empty()
                    : once(source, Oddity.UNSIGNED, new ElectionNotice.AdvertisementsUnsigned(source));
        }
        if (config.isNone()) {
            return once(source, Oddity.UNVERIFIED, new ElectionNotice.SignatureUnverified(source));
        }
        SequenceNumber sequence = decoded.trailer().get().sequence();
        latest(last, source, sequence);
        toldOf(source).remove(Oddity.UNSIGNED);
        Duration age = sequence.until(SequenceNumber.at(clock));
        if (age.abs().multipliedBy(2).compareTo(config.window()) <= 0) {
            toldOf(source).remove(Oddity.CLOCK);
            return Optional.empty();
        }
        return once(
                source,
                Oddity.CLOCK,
                new ElectionNotice.ClocksDiffer(source, tellDifference(age), seconds(config.window())));
    }

    private Optional<ElectionNotice> once(IpAddress source, Oddity oddity, ElectionNotice notice) {
        return toldOf(source).add(oddity) ? Optional.of(notice) : Optional.empty();
    }

    private Set<Oddity> toldOf(IpAddress source) {
        return latest(told, source, told.getOrDefault(source, EnumSet.noneOf(Oddity.class)));
    }

    /** Puts a value last in a map, which forgets the first if it has become too large. */
    private static <T> T latest(Map<IpAddress, T> map, IpAddress source, T value) {
        map.remove(source);
        if (map.size() >= MOST_SENDERS) {
            map.remove(map.keySet().iterator().next());
        }
        map.put(source, value);
        return value;
    }

    private static String tellDifference(Duration age) {
        return seconds(age) + (age.isNegative() ? " ahead of" : " behind");
    }

    private static String seconds(Duration duration) {
        return duration.abs().toMillis() / 1000.0 + "s";
    }

    private static Optional<Discarded> refused(DiscardReason reason, String sentence) {
        return Optional.of(new Discarded(reason, sentence));
    }
}
