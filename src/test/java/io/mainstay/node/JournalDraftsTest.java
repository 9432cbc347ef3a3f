// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.election.PeerRouter;
import io.mainstay.election.TransitionCause;
import io.mainstay.election.TransitionReason;
import io.mainstay.forward.BackendState;
import io.mainstay.forward.proxy.DrainOutcome;
import io.mainstay.forward.proxy.ProxyEvent;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Priority;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.Severity;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What people read about transitions and backends. */
class JournalDraftsTest {

    @Test
    void aTransitionTellsItsReasonWithTheInputs() {
        EventDraft draft = ElectionJournal.draft(transition(
                "BACKUP",
                "ACTIVE",
                new TransitionCause(
                        TransitionReason.ACTIVE_DOWN_TIMER,
                        Optional.of(Duration.ofNanos(304_512_000)),
                        Optional.of(new PeerRouter(IpAddress.parse("198.18.0.2"), new Priority(245))),
                        Optional.empty())));
        assertThat(draft.severity()).isEqualTo(Severity.INFO);
        assertThat(draft.kind()).isEqualTo("transition");
        assertThat(draft.subject()).isEqualTo("web");
        assertThat(draft.sentence()).isEqualTo("BACKUP -> ACTIVE: no Active was heard for the active-down interval");
        assertThat(draft.fields())
                .containsEntry("vrid", "51")
                .containsEntry("interface", "eth0")
                .containsEntry("reason", "active-down-timer")
                .containsEntry("priority", "250")
                .containsEntry("silent", "304.5ms")
                .containsEntry("peer", "198.18.0.2")
                .containsEntry("peer_priority", "245");
    }

    @Test
    void aFaultIsAnErrorAndNamesItsCause() {
        EventDraft draft = ElectionJournal.draft(transition(
                "ACTIVE",
                "FAULT",
                new TransitionCause(
                        TransitionReason.NO_CARRIER,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of("interface eth0"))));
        assertThat(draft.severity()).isEqualTo(Severity.ERROR);
        assertThat(draft.sentence()).isEqualTo("ACTIVE -> FAULT: the interface has no carrier: interface eth0");
    }

    @Test
    void aMemberOfASyncGroupNamesTheOneThatItFollowed() {
        EventDraft draft = ElectionJournal.draft(transition(
                "ACTIVE",
                "BACKUP",
                new TransitionCause(
                        TransitionReason.SYNC_GROUP_BACKUP,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of("inside"))));
        assertThat(draft.fields()).containsEntry("member", "inside");
    }

    @Test
    void theStartOfAHandOverIsNoTransition() {
        EventDraft draft = ElectionJournal.draft(transition(
                "ACTIVE",
                "ACTIVE",
                new TransitionCause(
                        TransitionReason.HAND_OVER_STARTED, Optional.empty(), Optional.empty(), Optional.empty())));
        assertThat(draft.kind()).isEqualTo("hand_over");
        assertThat(draft.sentence()).startsWith("ACTIVE: ");
    }

    @Test
    void aFencedOrStalledNodeIsAWarning() {
        for (TransitionReason reason : new TransitionReason[] {TransitionReason.FENCED, TransitionReason.STALLED}) {
            assertThat(ElectionJournal.draft(transition(
                                    "ACTIVE",
                                    "BACKUP",
                                    new TransitionCause(reason, Optional.empty(), Optional.empty(), Optional.empty())))
                            .severity())
                    .isEqualTo(Severity.WARNING);
        }
    }

    private static RouterTransition transition(String from, String to, TransitionCause cause) {
        return SampleTransitions.transition(from, to, cause, 250);
    }

    @Test
    void theFirstStateOfABackendHasNoStateBeforeIt() {
        assertThat(ProxyJournal.draft(new ProxyEvent.BackendStateChanged(
                                "http", "web1", null, BackendState.HEALTHY, "check: connected"))
                        .sentence())
                .isEqualTo("HEALTHY: check: connected");
    }

    @Test
    void aBackendThatFailsItsChecksIsAWarning() {
        EventDraft draft = ProxyJournal.draft(new ProxyEvent.BackendStateChanged(
                "http", "web1", BackendState.HEALTHY, BackendState.UNHEALTHY, "check: HTTP status 503"));
        assertThat(draft.severity()).isEqualTo(Severity.WARNING);
        assertThat(draft.subject()).isEqualTo("http/web1");
        assertThat(draft.sentence()).isEqualTo("HEALTHY -> UNHEALTHY: check: HTTP status 503");
    }

    @Test
    void aDrainThatHadToResetIsAWarningWithTheCount() {
        EventDraft draft = ProxyJournal.draft(
                new ProxyEvent.DrainFinished("http", "web1", new DrainOutcome(9, 2, false, Duration.ofSeconds(5))));
        assertThat(draft.severity()).isEqualTo(Severity.WARNING);
        assertThat(draft.sentence()).isEqualTo("drained after 5.0s: 9 connections ended by themselves, 2 were reset");
        assertThat(draft.fields()).containsEntry("reset", "2");
    }
}
