// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import io.mainstay.election.Election;
import io.mainstay.election.ElectionAction;
import io.mainstay.election.ElectionEvent;
import io.mainstay.election.ElectionEvent.AdvertisementReceived;
import io.mainstay.election.ElectionParameters;
import io.mainstay.election.ElectionRules;
import io.mainstay.election.ElectionState;
import io.mainstay.election.ElectionState.Active;
import io.mainstay.election.ElectionState.ActiveWatch;
import io.mainstay.election.ElectionState.Backup;
import io.mainstay.election.Transition;
import io.mainstay.election.TransitionReason;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Elections that are wrong in one way each, with the invariants of which one has to notice. */
enum Sabotage {
    SKEW_UPSIDE_DOWN(Invariant.RESIGNATION_TAKES_SKEW_TIME, Invariant.LOSS_TAKES_ACTIVE_DOWN_INTERVAL) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            Transition right = here.right(state, event, now);
            return withWatch(right, state, watch -> {
                long interval = watch.interval().toNanos();
                long wrong = here.parameters.priority().value() * interval / 256;
                long skew = here.parameters.skew(watch.interval()).toNanos();
                return watch.downDeadline().plusNanos(wrong - skew);
            });
        }
    },
    NO_TIE_BREAK(Invariant.ONE_ACTIVE) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            boolean tie = state instanceof Active
                    && event instanceof AdvertisementReceived received
                    && received.advertisement().priority().equals(here.parameters.priority());
            return tie ? doing(state) : here.right(state, event, now);
        }
    },
    YIELDS_TO_NOBODY(Invariant.ONE_ACTIVE) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            boolean heard = state instanceof Active active
                    && active.handOver().isEmpty()
                    && event instanceof AdvertisementReceived;
            return heard ? doing(state) : here.right(state, event, now);
        }
    },
    IGNORES_PRIORITY_ZERO(Invariant.RESIGNATION_TAKES_SKEW_TIME, Invariant.HAND_OVER_WITHOUT_GAP) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            boolean farewell = event instanceof AdvertisementReceived received
                    && received.advertisement().priority().isResign();
            return farewell ? doing(state) : here.right(state, event, now);
        }
    },
    SPEAKS_AFTER_A_STALL(Invariant.SILENT_AFTER_STALL) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            ElectionState forgetful = state instanceof Active active
                    ? new Active(
                            active.primaryAddress(),
                            active.advertiseDeadline(),
                            now,
                            active.handOver(),
                            active.contention(),
                            active.addressesHeld(),
                            active.failures())
                    : state;
            return here.right(forgetful, event, now);
        }
    },
    NEVER_RELEASES(Invariant.HOLDS_ONLY_WHILE_ACTIVE) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            return without(
                    here.right(state, event, now),
                    Set.of(ElectionAction.RELEASE_ADDRESSES, ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR));
        }
    },
    NEVER_ACQUIRES(Invariant.ACTIVE_HOLDS_ADDRESSES) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            return without(here.right(state, event, now), Set.of(ElectionAction.ACQUIRE_ADDRESSES));
        }
    },
    SPEAKS_AS_BACKUP(Invariant.SPEAKS_ONLY_WHILE_ACTIVE) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            Transition right = here.right(state, event, now);
            return state instanceof Backup
                            && event instanceof AdvertisementReceived
                            && right.actions().isEmpty()
                    ? doing(right.next(), ElectionAction.SEND_ADVERTISEMENT)
                    : right;
        }
    },
    IMPATIENT(Invariant.CALM, Invariant.CLIENTS_REACH_ACTIVE) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            Transition right = here.right(state, event, now);
            return withWatch(
                    right, state, watch -> now.plusNanos(watch.interval().toNanos() * 9 / 10));
        }
    },
    LEARNS_NO_INTERVAL(Invariant.CALM, Invariant.RESIGNATION_TAKES_SKEW_TIME, Invariant.HAND_OVER_WITHOUT_GAP) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            Transition right = here.right(state, event, now);
            Duration own = here.parameters.interval();
            return withWatch(
                    right,
                    state,
                    watch -> watch.interval().equals(own)
                            ? watch.downDeadline()
                            : now.plus(here.parameters.activeDownInterval(own)));
        }
    },
    PREEMPTS_AGAINST_ORDERS(Invariant.CALM) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            ElectionParameters told = here.parameters;
            return new Election(new ElectionParameters(
                            told.version(), told.priority(), told.interval(), true, Duration.ZERO))
                    .step(state, event, now);
        }
    },
    NEVER_PREEMPTS(Invariant.RIGHT_ACTIVE) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            ElectionParameters told = here.parameters;
            return new Election(new ElectionParameters(
                            told.version(), told.priority(), told.interval(), false, Duration.ZERO))
                    .step(state, event, now);
        }
    },
    LEAVES_WITHOUT_WAITING(Invariant.HAND_OVER_WITHOUT_GAP) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            Transition right = here.right(state, event, now);
            return event instanceof ElectionEvent.HandOverRequested
                    ? new Transition(
                            right.next(),
                            List.of(ElectionAction.SEND_RESIGNATION, ElectionAction.RELEASE_ADDRESSES),
                            right.cause())
                    : right;
        }
    },
    DROPS_BEFORE_THE_SUCCESSOR_ANNOUNCED(Invariant.HAND_OVER_WITHOUT_GAP) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            Transition right = here.right(state, event, now);
            List<ElectionAction> actions = right.actions().stream()
                    .map(action -> action == ElectionAction.RELEASE_ADDRESSES_TO_SUCCESSOR
                            ? ElectionAction.RELEASE_ADDRESSES
                            : action)
                    .toList();
            return new Transition(right.next(), actions, right.cause());
        }
    },
    TAKES_BACK(Invariant.RIGHT_ACTIVE) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            Transition right = here.right(state, event, now);
            return right.next() instanceof Backup backup
                    ? new Transition(
                            new Backup(
                                    backup.primaryAddress(),
                                    backup.watch(),
                                    backup.preemptFrom(),
                                    false,
                                    backup.failures()),
                            right.actions(),
                            right.cause())
                    : right;
        }
    },
    IGNORES_A_FAULT(Invariant.FAULT_GIVES_UP) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            return state instanceof Active && event instanceof ElectionEvent.CannotTakePart
                    ? doing(state)
                    : here.right(state, event, now);
        }
    },
    STAYS_WHERE_ITS_GROUP_STEPS_BACK(Invariant.GROUP_MOVES_TOGETHER) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            return state instanceof Active && event instanceof ElectionEvent.GroupSteppedBack
                    ? doing(state)
                    : here.right(state, event, now);
        }
    },
    NEVER_GIVES_WAY(Invariant.ONE_ACTIVE) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            Transition right = here.right(state, event, now);
            boolean givesWay = right.cause()
                    .map(cause -> cause.reason() == TransitionReason.UNHEARD)
                    .orElse(false);
            return givesWay ? doing(state, ElectionAction.SEND_ADVERTISEMENT) : right;
        }
    },
    NEVER_TAKES_OVER(Invariant.ONE_ACTIVE) {
        @Override
        Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now) {
            return state instanceof Backup && event instanceof ElectionEvent.TimePassed
                    ? doing(state)
                    : here.right(state, event, now);
        }
    };

    @SuppressWarnings("ImmutableEnumChecker") // Set.of gives an unmodifiable set
    private final Set<Invariant> noticedBy;

    Sabotage(Invariant... noticedBy) {
        this.noticedBy = Set.of(noticedBy);
    }

    Set<Invariant> noticedBy() {
        return noticedBy;
    }

    abstract Transition step(Sabotaged here, ElectionState state, ElectionEvent event, MonotonicInstant now);

    ElectionRules of(ElectionParameters parameters) {
        Sabotaged sabotaged = new Sabotaged(parameters, new Election(parameters));
        return (state, event, now) -> step(sabotaged, state, event, now);
    }

    /** The right election, beside the numbers that the wrong one needs. */
    record Sabotaged(ElectionParameters parameters, ElectionRules election) {

        Transition right(ElectionState state, ElectionEvent event, MonotonicInstant now) {
            return election.step(state, event, now);
        }
    }

    @FunctionalInterface
    private interface Deadline {
        MonotonicInstant of(ActiveWatch watch);
    }

    private static Transition doing(ElectionState next, ElectionAction... actions) {
        return new Transition(next, List.of(actions), Optional.empty());
    }

    private static Transition without(Transition right, Set<ElectionAction> forgotten) {
        List<ElectionAction> actions = new ArrayList<>(right.actions());
        actions.removeAll(forgotten);
        return new Transition(right.next(), actions, right.cause());
    }

    /** Another Active_Down_Timer wherever the right election has just set it. */
    private static Transition withWatch(Transition right, ElectionState before, Deadline deadline) {
        boolean set =
                right.next() instanceof Backup && !right.next().nextDeadline().equals(before.nextDeadline());
        if (!set || !(right.next() instanceof Backup backup)) {
            return right;
        }
        ActiveWatch watch = backup.watch();
        TransitionReason reason = watch.onExpiry();
        ActiveWatch changed = new ActiveWatch(
                watch.interval(),
                deadline.of(watch),
                watch.quietSince(),
                watch.active(),
                reason,
                watch.listenedAgain());
        Backup next = new Backup(
                backup.primaryAddress(),
                changed,
                backup.preemptFrom(),
                backup.preemptionSuspended(),
                backup.failures());
        return new Transition(next, right.actions(), right.cause());
    }
}
