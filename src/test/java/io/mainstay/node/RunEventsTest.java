// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import io.mainstay.config.MainstayConfig;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.PreviousRun;
import io.mainstay.observe.Severity;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunEventsTest {

    private static final Instant THEN = Instant.parse("2026-11-23T03:12:00Z");
    private static final Optional<String> BOOT = Optional.of("boot-2");
    private static final HostBoot HOST = new HostBoot(BOOT, Optional.of(THEN.minusSeconds(3600)));

    private static EventDraft started(Optional<PreviousRun> before) {
        return RunEvents.started(config(), before, HOST);
    }

    private static MainstayConfig config() {
        HostFacts host = new HostFacts("lb1", HostFacts.DEFAULT_RUN_DIRECTORY, address -> true, program -> "");
        if (ConfigFile.parse("control: {}", "test", host) instanceof ConfigResult.Valid valid) {
            return valid.config();
        }
        throw new AssertionError("an empty configuration is valid");
    }

    @Test
    void theFirstStartSaysSo() {
        EventDraft draft = started(Optional.empty());
        assertThat(draft.severity()).isEqualTo(Severity.INFO);
        assertThat(draft.fields())
                .containsEntry("node", "lb1")
                .containsEntry("previous_run", "none")
                .containsEntry("boot", "boot-2");
    }

    @Test
    void anOrderlyEndIsNoWarning() {
        EventDraft draft = started(Optional.of(new PreviousRun(true, THEN, Optional.of("boot-1"))));
        assertThat(draft.severity()).isEqualTo(Severity.INFO);
        assertThat(draft.fields()).containsEntry("previous_run", "stopped");
    }

    @Test
    void aKilledDaemonIsToldFromALostHost() {
        EventDraft killed = started(Optional.of(new PreviousRun(false, THEN, BOOT)));
        assertThat(killed.severity()).isEqualTo(Severity.WARNING);
        assertThat(killed.sentence()).endsWith("its last run broke off without a farewell: it was killed or crashed");
        assertThat(killed.fields())
                .containsEntry("previous_run", "broke_off")
                .containsEntry("previous_alive", "2026-11-23T03:12:00Z")
                .containsEntry("rebooted", "false");
        EventDraft lost = started(Optional.of(new PreviousRun(false, THEN, Optional.of("boot-1"))));
        assertThat(lost.sentence())
                .endsWith("its last run broke off without a farewell, and the host has booted since");
        assertThat(lost.fields()).containsEntry("rebooted", "true");
    }

    @Test
    void withoutTheNumberOfTheBootItsTimeDecides() {
        Optional<PreviousRun> before = Optional.of(new PreviousRun(false, THEN, Optional.empty()));
        EventDraft lost = RunEvents.started(config(), before, new HostBoot(BOOT, Optional.of(THEN.plusSeconds(40))));
        assertThat(lost.sentence()).endsWith(", and the host has booted since");
        assertThat(lost.fields()).containsEntry("rebooted", "true");
        EventDraft killed = started(before);
        assertThat(killed.sentence()).endsWith(": it was killed or crashed");
        assertThat(killed.fields()).containsEntry("rebooted", "false");
        EventDraft either = RunEvents.started(config(), before, new HostBoot(BOOT, Optional.empty()));
        assertThat(either.sentence()).endsWith(": it was killed, crashed, or lost its host");
        assertThat(either.fields()).doesNotContainKey("rebooted");
    }

    @Test
    void thisHostHasBootedBefore() {
        HostBoot boot = HostBoot.ofThisHost();
        assertThat(boot.id()).hasValueSatisfying(id -> assertThat(id).isNotBlank());
        assertThat(boot.at()).hasValueSatisfying(at -> assertThat(at).isBefore(Instant.now()));
    }
}
