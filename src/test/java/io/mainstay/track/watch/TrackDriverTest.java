// SPDX-License-Identifier: Apache-2.0
package io.mainstay.track.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.kernel.CommandResult;
import io.mainstay.net.Priority;
import io.mainstay.net.VirtualAddress;
import io.mainstay.track.Effect;
import io.mainstay.track.Pace;
import io.mainstay.track.TrackerConfig;
import io.mainstay.track.TrackerConfig.InterfaceTracker;
import io.mainstay.track.TrackerStanding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrackDriverTest extends TrackBench {

    private static CommandResult exit(int status) {
        return new CommandResult.Ended(status, Duration.ZERO, "");
    }

    @Test
    void untilAllWasLookedAtItIsUndecided() {
        plug("eth1", true, true);
        TrackDriver driver = driver(web(link("eth1", AT_ONCE, fault()), script("db", AT_ONCE, weight(-50))));
        assertThat(driver.snapshot("web").orElseThrow().account().undecided()).contains("interface eth1; script db");
        driver.runOnce();
        assertThat(takeTold()).containsExactly("web UP interface eth1: up", "web 200 undecided script db");
        aside.remove().run();
        assertThat(wakes).isEqualTo(1);
        driver.runOnce();
        assertThat(takeTold()).containsExactly("web UP script db: exit status 0", "web 200");
        assertThat(driver.snapshot("web").orElseThrow().account().undecided()).isEmpty();
        assertThat(driver.snapshot("db")).isEmpty();
    }

    @Test
    void aScriptIsRunAtItsPaceAndBringsThePriorityDownAndUp() {
        Pace pace = new Pace(SECOND.multipliedBy(2), 2, 2);
        TrackDriver driver = driver(web(script("db", pace, weight(-50))));
        turn(driver);
        assertThat(commands.getFirst().words()).containsExactly("/bin/check", "db");
        assertThat(commands.getFirst().timeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(commands.getFirst().environment())
                .containsEntry("MAINSTAY_TRACKER", "db")
                .containsEntry("MAINSTAY_TRACKED_FOR", "web");
        assertThat(driver.nextDeadline()).contains(now().plus(SECOND.multipliedBy(2)));
        takeTold();

        outcome = exit(1);
        advance(SECOND);
        turn(driver);
        assertThat(commands).hasSize(1);
        advance(SECOND);
        turn(driver);
        assertThat(commands).hasSize(2);
        assertThat(takeTold()).isEmpty();
        advance(SECOND.multipliedBy(2));
        turn(driver);
        assertThat(takeTold()).containsExactly("web DOWN script db: exit status 1", "web 200 - 50 (script db) = 150");
        outcome = exit(0);
        for (int i = 0; i < 2; i++) {
            advance(SECOND.multipliedBy(2));
            turn(driver);
        }
        assertThat(takeTold()).containsExactly("web UP script db: exit status 0", "web 200");
    }

    @Test
    void aRunThatDoesNotComeBackIsAFailureAndNoSecondOneIsStarted() {
        TrackDriver driver = driver(web(script("db", AT_ONCE, fault())));
        turn(driver);
        takeTold();
        advance(SECOND);
        driver.runOnce();
        assertThat(aside).hasSize(1);
        advance(SECOND);
        driver.runOnce();
        assertThat(aside).hasSize(1);
        assertThat(takeTold())
                .containsExactly(
                        "web DOWN script db: the last look began 1000ms ago and has not come back",
                        "web 200 fault script db: the last look began 1000ms ago and has not come back");
        aside.remove().run();
        driver.runOnce();
        assertThat(takeTold()).containsExactly("web UP script db: exit status 0", "web 200");
        advance(SECOND);
        driver.runOnce();
        assertThat(aside).hasSize(1);
    }

    @Test
    void whatChangesInAFailureThatLastsIsShownButNotTold() {
        outcome = new CommandResult.Ended(1, Duration.ZERO, "12:00:01");
        TrackDriver driver = driver(web(script("db", AT_ONCE, fault())));
        turn(driver);
        takeTold();
        outcome = new CommandResult.Ended(1, Duration.ZERO, "12:00:02");
        advance(SECOND);
        turn(driver);
        assertThat(takeTold()).isEmpty();
        TrackSnapshot.Entry entry =
                driver.snapshot("web").orElseThrow().trackers().getFirst();
        assertThat(entry.standing().detail()).isEqualTo("exit status 1: 12:00:02");
        assertThat(entry.standing().reason()).isEqualTo("exit status 1: 12:00:01");
        assertThat(entry.since()).isEqualTo(now().plus(SECOND.negated()));
    }

    @Test
    void anInterfaceIsLookedAtWhenTheKernelSpeaksOfIt() {
        plug("eth1", true, true);
        TrackDriver driver = driver(web(link("eth1", AT_ONCE, fault())));
        turn(driver);
        takeTold();
        plug("eth1", true, false);
        changed("eth2");
        driver.runOnce();
        assertThat(takeTold()).isEmpty();
        changed("eth1");
        driver.runOnce();
        assertThat(takeTold())
                .containsExactly("web DOWN interface eth1: no carrier", "web 200 fault interface eth1: no carrier");
    }

    @Test
    void severalMessagesAboutOneChangeAreOneFailure() {
        plug("eth1", true, true);
        TrackDriver driver = driver(web(link("eth1", new Pace(SECOND, 3, 1), fault())));
        turn(driver);
        takeTold();
        plug("eth1", false, false);
        for (int i = 0; i < 5; i++) {
            changed("eth1");
            driver.runOnce();
        }
        assertThat(takeTold()).isEmpty();
        advance(SECOND);
        driver.runOnce();
        assertThat(takeTold()).isEmpty();
        advance(SECOND);
        driver.runOnce();
        assertThat(takeTold()).first().isEqualTo("web DOWN interface eth1: administratively down");
    }

    @Test
    void anInterfaceMayHaveToHaveAnAddressOfItsOwn() {
        plug("eth1", true, true);
        TrackerConfig tracker =
                new InterfaceTracker(link("eth1", AT_ONCE, fault()).name(), true, AT_ONCE, fault());
        addresses.add(VirtualAddress.parse("198.18.0.200/24"));
        addresses.add(VirtualAddress.parse("169.254.7.7/16"));
        addresses.add(VirtualAddress.parse("fe80::1/64"));
        TrackDriver driver = driver(web(tracker));
        turn(driver);
        assertThat(takeTold()).first().isEqualTo("web DOWN interface eth1: no address of its own");
        addresses.add(VirtualAddress.parse("2001:db8::1/64"));
        advance(SECOND);
        turn(driver);
        assertThat(takeTold()).first().isEqualTo("web UP interface eth1: up");
    }

    @Test
    void anInterfaceThatIsNotThereIsDownAndARefusalSaysNothing() {
        refusing = true;
        TrackDriver driver = driver(web(link("eth1", AT_ONCE, fault())));
        turn(driver);
        assertThat(takeTold()).isEmpty();
        refusing = false;
        advance(SECOND);
        turn(driver);
        assertThat(takeTold()).first().isEqualTo("web DOWN interface eth1: there is no such interface");
        refusing = true;
        advance(SECOND);
        turn(driver);
        assertThat(takeTold())
                .containsExactly("web unclear interface eth1: look up interface eth1: no buffer space (errno 105)");
        advance(SECOND);
        turn(driver);
        assertThat(takeTold()).isEmpty();
    }

    @Test
    void aServiceIsUndecidedUntilItsBackendsWereCheckedAndLookedAtWhenOneChanges() {
        TrackDriver driver = driver(web(new TrackerConfig.ServiceTracker("https", weight(-100))));
        turn(driver);
        assertThat(takeTold()).isEmpty();
        pools.put("https", new ServicePools.Pool(2, 2));
        driver.serviceChanged();
        driver.runOnce();
        assertThat(takeTold()).containsExactly("web UP service https: 2 backends are healthy, 2 are needed", "web 200");
        pools.put("https", new ServicePools.Pool(1, 2));
        driver.serviceChanged();
        driver.runOnce();
        assertThat(takeTold())
                .containsExactly(
                        "web DOWN service https: 1 backends are healthy, 2 are needed",
                        "web 200 - 100 (service https) = 100");
    }

    @Test
    void whatCountsForAGroupIsToldOfEachMember() {
        plug("eth1", true, false);
        TrackDriver driver = driver(new TrackedScope(
                "pair", List.of("web", "db"), new Priority(200), List.of(link("eth1", AT_ONCE, weight(-10)))));
        turn(driver);
        assertThat(takeTold())
                .containsExactly("pair DOWN interface eth1: no carrier", "pair 200 - 10 (interface eth1) = 190");
        assertThat(driver.snapshot("db")).isEqualTo(driver.snapshot("web"));
        assertThat(driver.snapshot("db")
                        .orElseThrow()
                        .trackers()
                        .getFirst()
                        .standing()
                        .state())
                .isEqualTo(TrackerStanding.State.DOWN);
    }

    @Test
    void aFileStatesWhatIsAdded(@TempDir Path scratch) throws IOException {
        Path file = scratch.resolve("weight");
        TrackDriver driver = driver(web(new TrackerConfig.FileTracker(file.toString(), AT_ONCE, new Effect.Stated())));
        turn(driver);
        assertThat(takeTold()).last().isEqualTo("web 200");
        String id = "file " + file;
        for (List<String> step : List.of(
                List.of("-30\n", "web 200 - 30 (" + id + ") = 170"),
                List.of("fault", "web 200 fault " + id + ": says fault"),
                List.of(" 20", "web 200 + 20 (" + id + ") = 220"),
                List.of("", "web unclear " + id + ": holds nothing (expected: -253..253 or fault)"),
                List.of("20", ""),
                List.of("-254", "web unclear " + id + ": holds -254 (expected: -253..253 or fault)"),
                List.of("0", "web 200"))) {
            Files.writeString(file, step.getFirst());
            advance(SECOND);
            turn(driver);
            assertThat(takeTold().stream().reduce("", (a, b) -> b))
                    .as(step.getFirst())
                    .isEqualTo(step.getLast());
        }
        Files.writeString(file, "-30");
        advance(SECOND);
        turn(driver);
        Files.delete(file);
        advance(SECOND);
        turn(driver);
        assertThat(takeTold()).last().isEqualTo("web 200");
    }

    @Test
    void aFileIsThereOrNot(@TempDir Path scratch) throws IOException {
        Path file = scratch.resolve("ready");
        TrackDriver driver = driver(web(new TrackerConfig.FileTracker(file.toString(), AT_ONCE, fault())));
        turn(driver);
        assertThat(takeTold()).first().isEqualTo("web DOWN file " + file + ": not there");
        Files.writeString(file, "");
        advance(SECOND);
        turn(driver);
        assertThat(takeTold()).first().isEqualTo("web UP file " + file + ": there");
    }

    @Test
    void afterALongSleepItLooksOnceAndNotForEachIntervalMissed() {
        TrackDriver driver = driver(web(script("db", AT_ONCE, weight(-50))));
        turn(driver);
        advance(Duration.ofHours(1));
        turn(driver);
        turn(driver);
        assertThat(commands).hasSize(2);
        assertThat(driver.nextDeadline()).contains(now().plus(SECOND));
    }

    @Test
    void anInternalErrorOfALookEndsTheTrackingThread() {
        TrackDriver driver = driver(web(script("db", AT_ONCE, fault())));
        driver.runOnce();
        failing = true;
        aside.remove().run();
        assertThatThrownBy(driver::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("looking at script db failed");
        assertThat(closed).isTrue();
    }

    @Test
    void itStopsWhenItIsTold() {
        TrackDriver driver = driver(web(script("db", AT_ONCE, fault())));
        driver.stop();
        driver.run();
        assertThat(closed).isTrue();
        assertThat(wakes).isEqualTo(1);
    }

    @Test
    void aChangedConfigurationKeepsTheStateOfWhatStaysAndCountsWhatIsNewOnceItWasLookedAt() {
        TrackerConfig db = script("db", AT_ONCE, weight(-50));
        TrackerConfig app = script("app", AT_ONCE, weight(-20));
        outcome = exit(1);
        TrackDriver driver = driver(web(db));
        turn(driver);
        takeTold();
        driver.configure(List.of(web(db, app)));
        driver.runOnce();
        assertThat(takeTold()).isEmpty();
        assertThat(driver.snapshot("web").orElseThrow().account().undecided()).isEmpty();
        assertThat(driver.snapshot("web").orElseThrow().trackers())
                .extracting(entry -> entry.standing().state())
                .containsExactly(TrackerStanding.State.DOWN, TrackerStanding.State.UNDECIDED);
        turn(driver);
        assertThat(takeTold())
                .containsExactly(
                        "web DOWN script app: exit status 1", "web 200 - 50 (script db) - 20 (script app) = 130");
        driver.configure(List.of(web(app)));
        driver.runOnce();
        assertThat(takeTold()).containsExactly("web 200 - 20 (script app) = 180");
        driver.configure(List.of());
        driver.runOnce();
        assertThat(takeTold()).containsExactly("web 200");
        assertThat(driver.snapshot("web")).isEmpty();
        advance(SECOND);
        driver.runOnce();
        assertThat(aside).isEmpty();
    }

    @Test
    void aLookThatComesBackAfterItsTrackerIsGoneCountsForNothing() {
        TrackDriver driver = driver(web(script("db", AT_ONCE, fault())));
        driver.runOnce();
        outcome = exit(1);
        driver.configure(List.of());
        driver.runOnce();
        takeTold();
        aside.remove().run();
        driver.runOnce();
        assertThat(takeTold()).isEmpty();
    }

    @Test
    void whatIsTrackedForARouterThatRunsHoldsNothingUp() {
        TrackDriver driver = driver();
        driver.configure(List.of(web(script("db", AT_ONCE, weight(-50)))));
        driver.runOnce();
        assertThat(takeTold()).isEmpty();
        turn(driver);
        assertThat(takeTold()).containsExactly("web UP script db: exit status 0");
    }
}
