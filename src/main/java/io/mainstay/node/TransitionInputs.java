// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static io.mainstay.node.JournalText.milliseconds;

import io.mainstay.election.ElectionParameters;
import io.mainstay.election.ElectionState;
import io.mainstay.election.ElectionState.Active;
import io.mainstay.election.ElectionState.ActiveWatch;
import io.mainstay.election.ElectionState.Backup;
import io.mainstay.election.TransitionCause;
import io.mainstay.election.TransitionReason;
import io.mainstay.election.VirtualRouterConfig;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** The numbers by which a transition was decided, as the journal keeps them. */
final class TransitionInputs {

    private final RouterTransition transition;
    private final Map<String, String> inputs = new LinkedHashMap<>();

    private TransitionInputs(RouterTransition transition) {
        this.transition = transition;
    }

    /**
     * In the order in which they are to be read. Durations look back from the decision.
     *
     * <table>
     * <caption>Names</caption>
     * <tr><td>priority</td><td>the effective priority; configured_priority if that is another one</td></tr>
     * <tr><td>silent</td><td>since an Active was heard last, or since this node listened</td></tr>
     * <tr><td>active_interval, skew, active_down_interval</td><td>the timers of RFC 9568 §6.1 in force</td></tr>
     * <tr><td>advert_late</td><td>how long the Active's next advertisement had been due</td></tr>
     * <tr><td>resigned</td><td>since the Active said that it resigns</td></tr>
     * <tr><td>timer_late</td><td>how much later than its timer this node acted</td></tr>
     * <tr><td>listened_again</td><td>this node woke too late to judge, and had listened once more</td></tr>
     * <tr><td>interval</td><td>the interval at which this node advertised</td></tr>
     * <tr><td>last_advertised</td><td>since this node advertised last</td></tr>
     * <tr><td>hand_over, resignations</td><td>how long it took, and how often a peer was asked</td></tr>
     * <tr><td>contended</td><td>since when another router advertised as Active and this node contradicted in vain</td></tr>
     * <tr><td>member</td><td>of a sync group, the virtual router that decided; this one followed</td></tr>
     * <tr><td>peer, peer_priority</td><td>the router that decided, or that was the Active before</td></tr>
     * </table>
     */
    static Map<String, String> of(RouterTransition transition) {
        TransitionInputs inputs = new TransitionInputs(transition);
        inputs.fill();
        return inputs.inputs;
    }

    private void fill() {
        VirtualRouterConfig config = transition.config();
        TransitionCause cause = transition.cause();
        put("from", transition.from());
        put("to", transition.to());
        put("vrid", config.vrid());
        put("interface", config.interfaceName());
        put("reason", cause.reason().label());
        put("priority", transition.effectivePriority());
        if (!config.priority().equals(transition.effectivePriority())) {
            put("configured_priority", config.priority());
        }
        cause.silence().ifPresent(silence -> put("silent", milliseconds(silence)));
        switch (transition.change().from()) {
            case Backup backup -> ofBackup(backup, cause.reason());
            case Active active -> ofActive(active, cause.reason());
            case ElectionState.Initialize ignored -> {}
            case ElectionState.Fault ignored -> {}
        }
        cause.member().ifPresent(member -> put("member", member));
        cause.peer().ifPresent(peer -> {
            put("peer", peer.address());
            put("peer_priority", peer.priority());
        });
    }

    private void ofBackup(Backup backup, TransitionReason reason) {
        if (!transition.to().equals("ACTIVE")) {
            return;
        }
        ActiveWatch watch = backup.watch();
        MonotonicInstant at = transition.at();
        ElectionParameters parameters = parameters();
        Duration skew = parameters.skew(watch.interval());
        put("active_interval", milliseconds(watch.interval()));
        put("skew", milliseconds(skew));
        put("active_down_interval", milliseconds(parameters.activeDownInterval(watch.interval())));
        if (watch.active().router().isPresent() && reason == TransitionReason.ACTIVE_DOWN_TIMER) {
            put("advert_late", milliseconds(at.since(watch.quietSince()).minus(watch.interval())));
        }
        if (reason == TransitionReason.ACTIVE_RESIGNED) {
            put("resigned", milliseconds(at.since(watch.downDeadline()).plus(skew)));
        }
        put("timer_late", milliseconds(at.since(watch.downDeadline())));
        if (watch.listenedAgain()) {
            put("listened_again", true);
        }
    }

    private void ofActive(Active active, TransitionReason reason) {
        MonotonicInstant at = transition.at();
        put("interval", milliseconds(transition.config().advertisementInterval()));
        put("last_advertised", milliseconds(at.since(active.lastAdvertised())));
        active.handOver().ifPresent(handOver -> {
            put("hand_over", milliseconds(at.since(handOver.startedAt())));
            put("resignations", handOver.resignations());
        });
        if (reason == TransitionReason.UNHEARD) {
            active.contention().ifPresent(contention -> put("contended", milliseconds(at.since(contention.since()))));
        }
    }

    private ElectionParameters parameters() {
        VirtualRouterConfig config = transition.config();
        return ElectionParameters.of(config).withPriority(transition.effectivePriority());
    }

    private void put(String name, Object value) {
        inputs.put(name, value.toString());
    }
}
