// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import io.mainstay.config.MainstayConfig;
import io.mainstay.election.TransitionReason;
import io.mainstay.kernel.Command;
import io.mainstay.kernel.CommandResult;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.Severity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HookDriverTest {

    private static final Duration AMPLE = Duration.ofSeconds(20);

    private final List<Command> commands = new CopyOnWriteArrayList<>();
    private final List<EventDraft> told = new CopyOnWriteArrayList<>();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger mostRunning = new AtomicInteger();
    private final Semaphore mayEnd = new Semaphore(1000);
    private final HookDriver driver = driver();

    private HookDriver driver() {
        return new HookDriver(config("/hooks/down"), this::run, told::add, AMPLE);
    }

    private static MainstayConfig config(String onBackup) {
        ConfigResult config = ConfigFile.parse(
                """
                node: {name: lb1}
                virtual_routers:
                  - name: web
                    interface: eth0
                    vrid: 51
                    addresses: [198.51.100.10/24, 198.51.100.11/24]
                    hooks: {on_active: [/hooks/up INSTANCE web, /hooks/tell], on_backup: %s, timeout: 7s}
                """.formatted(onBackup),
                "f.yaml",
                new HostFacts("lb1", Path.of("/run"), address -> true, program -> ""));
        assertThat(config).isInstanceOf(ConfigResult.Valid.class);
        return ((ConfigResult.Valid) config).config();
    }

    private CommandResult run(Command command) {
        mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
        commands.add(command);
        mayEnd.acquireUninterruptibly();
        running.decrementAndGet();
        return new CommandResult.Ended(commands.size() == 1 ? 3 : 0, Duration.ofMillis(12), "");
    }

    private void become(String from, String to) {
        driver.onTransition(SampleTransitions.transition(from, to, TransitionReason.ACTIVE_DOWN_TIMER, 240));
    }

    private List<String> programs() {
        return commands.stream().map(command -> command.words().getFirst()).toList();
    }

    private void awaitPrograms(String... programs) {
        await().atMost(AMPLE).untilAsserted(() -> assertThat(programs()).containsExactly(programs));
    }

    @BeforeEach
    void start() {
        driver.start();
    }

    @AfterEach
    void stop() {
        mayEnd.release(1000);
        driver.close();
    }

    @Test
    void theHooksOfAnActiveRunOnceItServesAndAreJournaled() {
        become("BACKUP", "ACTIVE");
        driver.onServing("web");
        awaitPrograms("/hooks/up", "/hooks/tell");
        assertThat(commands.getFirst().words()).containsExactly("/hooks/up", "INSTANCE", "web");
        assertThat(commands.getFirst().timeout()).isEqualTo(Duration.ofSeconds(7));
        assertThat(commands.getFirst().environment())
                .containsEntry("MAINSTAY_NODE", "lb1")
                .containsEntry("MAINSTAY_VIRTUAL_ROUTER", "web")
                .containsEntry("MAINSTAY_VRID", "51")
                .containsEntry("MAINSTAY_INTERFACE", "eth0")
                .containsEntry("MAINSTAY_STATE", "ACTIVE")
                .containsEntry("MAINSTAY_PREVIOUS_STATE", "BACKUP")
                .containsEntry("MAINSTAY_REASON", "active-down-timer")
                .containsEntry("MAINSTAY_PRIORITY", "240")
                .containsEntry("MAINSTAY_ADDRESSES", "198.51.100.10/24 198.51.100.11/24")
                .doesNotContainKey("MAINSTAY_SYNC_GROUP");
        await().atMost(AMPLE).until(() -> told.size() == 2);
        assertThat(told.getFirst().severity()).isEqualTo(Severity.WARNING);
        assertThat(told.getFirst().sentence()).isEqualTo("on_active /hooks/up INSTANCE web: exit status 3, after 12ms");
        assertThat(told.getFirst().fields()).containsEntry("status", "3").containsEntry("duration_ms", "12");
        assertThat(told.getLast().severity()).isEqualTo(Severity.INFO);
    }

    @Test
    void anActiveThatNeverServedRunsNone() {
        become("BACKUP", "ACTIVE");
        become("ACTIVE", "FAULT");
        driver.onServing("web");
        become("FAULT", "BACKUP");
        awaitPrograms("/hooks/down");
    }

    @Test
    void onlyAChangeOfStateRunsHooks() {
        become("BACKUP", "BACKUP");
        become("BACKUP", "INITIALIZE");
        become("ACTIVE", "INITIALIZE");
        awaitPrograms("/hooks/down");
        assertThat(commands.getFirst().environment()).containsEntry("MAINSTAY_STATE", "INITIALIZE");
    }

    @Test
    void aHookThatHangsHoldsUpTheOthersAndNobodyElse() {
        mayEnd.drainPermits();
        become("BACKUP", "ACTIVE");
        driver.onServing("web");
        awaitPrograms("/hooks/up");
        // None of these waits, though a hook is under way.
        for (int i = 0; i < 200; i++) {
            become("ACTIVE", "BACKUP");
            become("BACKUP", "ACTIVE");
            driver.onServing("web");
        }
        become("ACTIVE", "BACKUP");
        assertThat(programs()).containsExactly("/hooks/up");
        mayEnd.release(1000);
        await().atMost(AMPLE)
                .until(() -> commands.size() > 2
                        && running.get() == 0
                        && told.stream().anyMatch(draft -> draft.kind().equals("hook_left_out")));
        driver.close();
        assertThat(mostRunning).hasValue(1);
        assertThat(programs())
                .startsWith("/hooks/up", "/hooks/tell")
                .endsWith("/hooks/down")
                // Of the 402 calls the one under way ran, and as many as may wait.
                .hasSizeLessThan(402);
    }

    @Test
    void whatWaitsWhenTheTimeIsUpIsNotBegun() {
        CountDownLatch ended = new CountDownLatch(1);
        List<String> begun = new CopyOnWriteArrayList<>();
        HookDriver hasty = new HookDriver(
                config("/hooks/down"),
                command -> {
                    begun.add(command.words().getFirst());
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return new CommandResult.NotRun("the daemon stops");
                },
                draft -> ended.countDown(),
                Duration.ofMillis(1));
        hasty.start();
        hasty.onTransition(SampleTransitions.transition("BACKUP", "ACTIVE", TransitionReason.ACTIVE_DOWN_TIMER, 240));
        hasty.onServing("web");
        hasty.onTransition(SampleTransitions.transition("ACTIVE", "BACKUP", TransitionReason.HIGHER_PRIORITY, 240));
        await().atMost(AMPLE).until(() -> !begun.isEmpty());
        hasty.close();
        await().atMost(AMPLE).until(() -> ended.getCount() == 0 && hasty.isEnded());
        assertThat(begun).containsExactly("/hooks/up");
    }

    @Test
    void aChangedConfigurationCountsFromTheNextChangeOfStateOn() {
        driver.configure(config("/hooks/other"));
        become("ACTIVE", "BACKUP");
        awaitPrograms("/hooks/other");
    }
}
