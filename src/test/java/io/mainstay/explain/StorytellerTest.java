// SPDX-License-Identifier: Apache-2.0
package io.mainstay.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.explain.Story.Line;
import io.mainstay.observe.Event;
import io.mainstay.observe.EventKind;
import io.mainstay.observe.Severity;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What is told about moves that are rarer than those of the recorded journals. */
class StorytellerTest {

    private static final Instant NIGHT = Instant.parse("2026-11-23T03:00:00Z");

    private final List<Event> events = new ArrayList<>();

    /** Adds an event; fields as name and value by turns. */
    private void event(
            double seconds, Severity severity, String kind, String subject, String sentence, String... fields) {
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < fields.length; i += 2) {
            values.put(fields[i], fields[i + 1]);
        }
        Instant time = NIGHT.plus(Duration.ofMillis(Math.round(seconds * 1000)));
        events.add(new Event(events.size() + 1, time, severity, kind, subject, sentence, values));
    }

    private void transition(double seconds, String router, String from, String to, String reason, String... fields) {
        List<String> all = new ArrayList<>(List.of("from", from, "to", to, "interface", "eth0", "reason", reason));
        all.addAll(List.of(fields));
        event(
                seconds,
                Severity.INFO,
                EventKind.TRANSITION,
                router,
                from + " -> " + to + ": " + reason,
                all.toArray(String[]::new));
    }

    private void started(double seconds, String... fields) {
        event(seconds, Severity.INFO, EventKind.STARTED, "node", "mainstayd starts", fields);
    }

    private Storyteller storyteller() {
        return new Storyteller(new NodeJournal(events, Optional.empty()), Optional.empty());
    }

    private Story last() {
        return storyteller().move(Optional.empty(), 0).orElseThrow();
    }

    private static List<String> texts(Story story) {
        return story.timeline().stream().map(Line::text).toList();
    }

    @Test
    void aJournalWithoutAMoveTellsNothing() {
        assertThat(storyteller().move(Optional.empty(), 0)).isEmpty();
        started(0, "node", "lb1");
        transition(1, "web", "INITIALIZE", "BACKUP", "started");
        transition(2, "web", "BACKUP", "FAULT", "no-carrier");
        event(3, Severity.INFO, EventKind.HAND_OVER, "web", "ACTIVE: hand-over refused");
        assertThat(storyteller().move(Optional.empty(), 0)).isEmpty();
    }

    @Test
    void movesAreFoundByRouterAndByHowFarBackTheyAre() {
        transition(1, "web", "BACKUP", "ACTIVE", "active-down-timer");
        transition(2, "mail", "BACKUP", "ACTIVE", "active-down-timer");
        transition(30, "web", "ACTIVE", "FAULT", "no-carrier");
        assertThat(last().event()).isEqualTo(3);
        assertThat(storyteller().move(Optional.of("mail"), 0).orElseThrow().event())
                .isEqualTo(2);
        assertThat(storyteller().move(Optional.of("web"), 1).orElseThrow().event())
                .isEqualTo(1);
        assertThat(storyteller().move(Optional.of("web"), 2)).isEmpty();
        assertThat(storyteller().move(Optional.of("ftp"), 0)).isEmpty();
        assertThat(last().earlier()).extracting(Story.Earlier::headline).hasSize(1);
    }

    @Test
    void withoutARouterTheMovesOfTheOneThatMovedLastAreCounted() {
        transition(1, "web", "BACKUP", "ACTIVE", "active-down-timer");
        transition(2, "mail", "BACKUP", "ACTIVE", "active-down-timer");
        transition(30, "web", "ACTIVE", "FAULT", "no-carrier");
        for (int back = 0; back < 3; back++) {
            assertThat(storyteller().move(Optional.empty(), back))
                    .as("%s back", back)
                    .isEqualTo(storyteller().move(Optional.of("web"), back));
        }
        assertThat(storyteller().move(Optional.empty(), 1).orElseThrow().at())
                .isEqualTo(last().earlier().getFirst().at());
    }

    @Test
    void routersThatMoveTogetherAreNamed() {
        for (String router : List.of("mail", "db", "web")) {
            transition(1, router, "BACKUP", "ACTIVE", "active-down-timer");
        }
        transition(90, "late", "BACKUP", "ACTIVE", "active-down-timer");
        assertThat(storyteller().move(Optional.of("web"), 0).orElseThrow().remarks())
                .containsExactly("Moved with it: db, mail.");
    }

    @Test
    void aServiceThatCouldNotServeAtThatMomentIsNamed() {
        started(0, "node", "lb2");
        event(1, Severity.ERROR, EventKind.SERVICE_DOWN, "http", "no backend is healthy");
        event(1, Severity.ERROR, EventKind.SERVICE_DOWN, "smtp", "no backend is healthy");
        event(2, Severity.INFO, EventKind.SERVICE_UP, "smtp", "backend a takes new connections");
        transition(60, "web", "BACKUP", "ACTIVE", "active-down-timer", "silent", "300.0ms");
        assertThat(last().remarks())
                .containsExactly("Service http could not serve here at that moment: no backend is healthy.");
    }

    @Test
    void anActiveThatWasNotHeardForAWhileIsSuspectedToHaveServedAllTheTime() {
        transition(
                10,
                "web",
                "BACKUP",
                "ACTIVE",
                "active-down-timer",
                "peer",
                "198.18.0.1",
                "active_interval",
                "1000.0ms");
        transition(17.5, "web", "ACTIVE", "BACKUP", "higher-priority", "peer", "198.18.0.1");
        assertThat(last().remarks()).singleElement().asString().contains("both were Active for 7.5 s");
        events.clear();
        transition(10, "web", "BACKUP", "ACTIVE", "active-resigned", "peer", "198.18.0.1");
        transition(17.5, "web", "ACTIVE", "BACKUP", "higher-priority", "peer", "198.18.0.1");
        assertThat(last().remarks()).as("one that resigned did not serve on").isEmpty();
    }

    @Test
    void anActiveThatIsNotHeardNamesTheOtherAndSinceWhen() {
        started(0, "node", "lb1");
        transition(
                60,
                "web",
                "ACTIVE",
                "BACKUP",
                "unheard",
                "contended",
                "11000.0ms",
                "peer",
                "198.18.0.2",
                "peer_priority",
                "245");
        assertThat(last().headline()).isEqualTo("web left lb1: 198.18.0.2 does not hear it and had taken over");
        assertThat(texts(last())).contains("198.18.0.2 advertises as Active beside this node");
        assertThat(last().why()).singleElement().asString().contains("went on as Active for 11 s");
        assertThat(last().clients()).first().asString().contains("For 11 s both nodes served");
    }

    @Test
    void anActiveThatWasNeverHeardHasNoName() {
        transition(1, "web", "BACKUP", "ACTIVE", "active-resigned", "resigned", "43.0ms", "skew", "43.0ms");
        event(1.01, Severity.INFO, EventKind.SERVED, "web", "", "services_open", "10.0ms", "addresses", "1");
        assertThat(last().headline()).isEqualTo("web moved to this node: the Active another node resigned");
        assertThat(texts(last())).contains("another node says that it resigns (priority 0)");
        assertThat(last().clientsAtMost()).contains(Duration.ofMillis(53));
    }

    @Test
    void theNodeHasTheNameThatItHadThen() {
        started(0, "node", "old");
        transition(1, "web", "BACKUP", "ACTIVE", "active-down-timer");
        event(2, Severity.INFO, EventKind.STOPPED, "node", "ends");
        started(3, "node", "new");
        transition(4, "web", "BACKUP", "ACTIVE", "active-down-timer");
        assertThat(last().headline()).contains(" on new:");
        assertThat(last().earlier().getFirst().headline()).contains(" on old:");
    }

    @Test
    void linksAndStallsBeforeAMoveAreToldWhereTheyHappened() {
        event(1, Severity.WARNING, EventKind.LINK, "eth0", "the carrier is lost");
        event(1, Severity.WARNING, EventKind.LINK, "eth7", "the carrier is lost");
        transition(1.001, "web", "ACTIVE", "FAULT", "no-carrier");
        event(600, Severity.INFO, EventKind.LINK, "eth0", "the carrier is back");
        event(601, Severity.INFO, EventKind.ACTIVE_HEARD, "web", "198.18.0.2 is heard as Active", "peer", "198.18.0.2");
        assertThat(texts(last()))
                .containsExactly(
                        "eth0: the carrier is lost", "ACTIVE -> FAULT: no-carrier", "eth0: the carrier is back");
        assertThat(last().why()).last().isEqualTo("198.18.0.2 is the Active since.");
        assertThat(last().timeline().getFirst().severity()).isEqualTo(Severity.WARNING);
        assertThat(last().timeline().getFirst().offset()).isEqualTo(Duration.ofMillis(-1));
    }

    @Test
    void aLongStoryIsShortenedInTheMiddle() {
        transition(1, "web", "ACTIVE", "FAULT", "no-carrier");
        for (int i = 0; i < 100; i++) {
            transition(2 + i, "web", "FAULT", "FAULT", "flap " + i);
        }
        assertThat(last().timeline()).hasSize(41);
        assertThat(texts(last())).contains("61 more steps: see mainstay events");
        assertThat(texts(last())).last().isEqualTo("FAULT -> FAULT: flap 99");
    }

    @Test
    void valuesThatMakeNoSenseAreLeftOut() {
        transition(
                1,
                "web",
                "BACKUP",
                "ACTIVE",
                "active-down-timer",
                "silent",
                "soon",
                "skew",
                "NaNms",
                "timer_late",
                "ms");
        assertThat(texts(last())).hasSize(1);
        assertThat(last().clientsAtMost()).isEmpty();
    }

    @Test
    void anOwnerThatIsBackHasASentenceInItsHeadline() {
        event(
                1,
                Severity.INFO,
                EventKind.TRANSITION,
                "web",
                "FAULT -> ACTIVE: the interface can be used again",
                "from",
                "FAULT",
                "to",
                "ACTIVE",
                "reason",
                "link-recovered");
        assertThat(last().headline()).isEqualTo("web moved to this node: the interface can be used again");
    }

    @Nested
    class SyncGroups {

        private void served(double seconds, String router) {
            event(seconds, Severity.INFO, EventKind.SERVED, router, "", "services_open", "6.0ms", "addresses", "1");
        }

        private Story of(String router) {
            return storyteller().move(Optional.of(router), 0).orElseThrow();
        }

        @Test
        void tellTheMoveOfTheMemberThatDecidedAlthoughTheOthersCameLater() {
            transition(
                    10, "inside", "BACKUP", "ACTIVE", "active-down-timer", "silent", "3043.0ms", "peer", "198.18.0.1");
            transition(10.001, "outside", "BACKUP", "ACTIVE", "sync-group-active", "member", "inside");
            served(10.006, "inside");
            served(10.007, "outside");
            Story story = last();
            assertThat(story.headline()).isEqualTo("inside moved to this node: the Active 198.18.0.1 fell silent");
            assertThat(story.clientsAtMost()).contains(Duration.ofMillis(3049));
            assertThat(story.remarks()).containsExactly("Moved with it: outside.");
            assertThat(storyteller().move(Optional.empty(), 1))
                    .as("one move of all")
                    .isEmpty();
            Story follower = of("outside");
            assertThat(follower.headline())
                    .isEqualTo("outside moved to this node: with inside, of the same sync group");
            assertThat(follower.clientsAtMost()).as("the outage began before").isEmpty();
            assertThat(follower.why()).singleElement().asString().contains("`mainstay explain --router inside`");
            assertThat(follower.clients())
                    .singleElement()
                    .asString()
                    .contains("`mainstay explain --router inside`", "6.0 ms");
        }

        @Test
        void loseTogetherWhatOneOfThemLost() {
            transition(10, "inside", "ACTIVE", "BACKUP", "higher-priority", "peer", "198.18.0.1");
            transition(10.001, "outside", "ACTIVE", "BACKUP", "sync-group-backup", "member", "inside");
            assertThat(last().headline()).isEqualTo("inside left this node: 198.18.0.1 comes before it and took over");
            Story follower = of("outside");
            assertThat(follower.headline()).isEqualTo("outside left this node: with inside, of the same sync group");
            assertThat(follower.clients())
                    .as("a successor relieved it")
                    .noneMatch(line -> line.contains("answered nobody"))
                    .first()
                    .asString()
                    .contains("`mainstay explain --router inside`");
        }

        @Test
        void thatAreHandedOverTellToWhom() {
            transition(10, "inside", "ACTIVE", "BACKUP", "handed-over", "peer", "198.18.0.2");
            transition(10.001, "outside", "ACTIVE", "BACKUP", "handed-over");
            assertThat(last().headline()).isEqualTo("inside left this node: handed over to 198.18.0.2 as asked for");
        }

        @Test
        void ofWhichOnlyAFollowerIsKnownTellOfIt() {
            transition(10, "outside", "BACKUP", "ACTIVE", "sync-group-active");
            assertThat(last().headline())
                    .isEqualTo("outside moved to this node: with another member, of the same sync group");
        }
    }

    @Nested
    class BrokenOffRuns {

        @Test
        void aRunThatWasActiveToTheLastIsAMove() {
            started(0, "node", "lb1");
            transition(1, "web", "BACKUP", "ACTIVE", "active-down-timer");
            transition(1, "idle", "INITIALIZE", "BACKUP", "started");
            started(60, "previous_run", "broke_off", "previous_alive", "2026-11-23T03:00:31Z", "rebooted", "true");
            Story story = last();
            assertThat(story.exact()).isFalse();
            assertThat(story.at()).isEqualTo(NIGHT.plusSeconds(31));
            assertThat(story.headline()).isEqualTo("web left lb1: its host went down without a farewell");
        }

        @Test
        void withoutAWordAboutTheBootItMayHaveBeenEither() {
            transition(1, "web", "BACKUP", "ACTIVE", "active-down-timer");
            started(60, "previous_run", "broke_off", "previous_alive", "2026-11-23T03:00:31Z");
            assertThat(last().headline())
                    .isEqualTo("web left this node: its daemon or its host went down without a farewell");
            assertThat(String.join("\n", last().why()))
                    .contains("Perhaps the host has booted since", "journalctl --unit mainstay)");
        }

        @Test
        void aRunThatEndedInOrderIsNone() {
            transition(1, "web", "BACKUP", "ACTIVE", "active-down-timer");
            event(2, Severity.INFO, EventKind.STOPPED, "node", "ends");
            started(60);
            assertThat(last().headline()).startsWith("web became Active");
        }

        @Test
        void aDaemonThatDoesNotRunLeavesAMoveBehind() {
            transition(1, "web", "BACKUP", "ACTIVE", "active-down-timer");
            NodeJournal left = new NodeJournal(events, Optional.of(NIGHT.plusSeconds(9)));
            Story story = new Storyteller(left, Optional.empty())
                    .move(Optional.empty(), 0)
                    .orElseThrow();
            assertThat(story.headline()).isEqualTo("web left this node: its daemon ended without a farewell");
            assertThat(story.at()).isEqualTo(NIGHT.plusSeconds(9));
            assertThat(story.why()).last().asString().contains("systemctl start mainstay)");
        }
    }

    @Nested
    class Resignations {

        private List<String> toldWith(Event... others) {
            transition(10, "web", "BACKUP", "ACTIVE", "active-resigned", "peer", "198.18.0.1", "resigned", "43.0ms");
            event(10.01, Severity.INFO, EventKind.SERVED, "web", "", "services_open", "10.0ms", "addresses", "1");
            Storyteller both = new Storyteller(
                    new NodeJournal(events, Optional.empty()),
                    Optional.of(new NodeJournal(List.of(others), Optional.empty())));
            return both.move(Optional.empty(), 0).orElseThrow().clients();
        }

        private static Event other(double seconds, String kind, String subject, Map<String, String> fields) {
            Instant time = NIGHT.plus(Duration.ofMillis(Math.round(seconds * 1000)));
            return new Event(1, time, Severity.INFO, kind, subject, kind, fields);
        }

        @Test
        void oneThatWasAskedForLosesNothing() {
            assertThat(toldWith(other(9.9, EventKind.HAND_OVER, "web", Map.of())))
                    .first()
                    .asString()
                    .startsWith("No new connection failed");
        }

        @Test
        void oneByTheGuardIsToldAsSuch() {
            assertThat(toldWith(other(15, EventKind.FENCED, "node", Map.of("fenced", "5043.0ms"))))
                    .first()
                    .asString()
                    .startsWith("The guard of 198.18.0.1 resigned")
                    .contains("53 ms");
        }

        @Test
        void oneOfADaemonThatBrokeOffIsTheGuards() {
            assertThat(toldWith(other(
                            40,
                            EventKind.STARTED,
                            "node",
                            Map.of("previous_run", "broke_off", "previous_alive", "2026-11-23T03:00:08Z"))))
                    .first()
                    .asString()
                    .startsWith("The guard of 198.18.0.1 resigned");
        }

        @Test
        void oneWithoutAnExplanationStaysOpen() {
            assertThat(toldWith(
                            other(2, EventKind.HAND_OVER, "web", Map.of()),
                            other(9.9, EventKind.HAND_OVER, "mail", Map.of()),
                            other(90, EventKind.FENCED, "node", Map.of("fenced", "1.0ms")),
                            other(5, EventKind.STARTED, "node", Map.of("previous_run", "stopped"))))
                    .hasSize(3);
        }
    }
}
