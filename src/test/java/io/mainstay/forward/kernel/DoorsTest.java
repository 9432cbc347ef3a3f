// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Forwarding;
import io.mainstay.forward.LimitsConfig;
import io.mainstay.forward.Rate;
import io.mainstay.forward.RefusalReason;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.kernel.FlowProgram.Door;
import io.mainstay.kernel.FlowProgram.Refusal;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Prefix;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DoorsTest {

    private static final LimitsConfig LIMITS =
            new LimitsConfig(10, 2, new Rate(100), new Rate(3), new AddressGrouping(24, 56));
    private static final AccessConfig ACCESS = new AccessConfig(
            List.of(Prefix.parse("198.18.0.0/15"), Prefix.parse("198.18.7.0/24")),
            List.of(Prefix.parse("198.18.7.0/24"), Prefix.parse("198.18.7.1")));

    private final FakeFlowProgram program = new FakeFlowProgram();
    private Doors doors;

    @BeforeEach
    void start() throws KernelException {
        doors = new Doors(program);
    }

    static KernelService guarded(LimitsConfig limits, AccessConfig access) {
        return new KernelService(
                Samples.http("web1").config(),
                TrafficConfig.DEFAULT.withLimits(limits).withAccess(access),
                "",
                EngineWish.KERNEL,
                Forwarding.FULL_NAT,
                List.of());
    }

    private Door door() {
        return Objects.requireNonNull(program.doors.get(doors.id("http")));
    }

    @Test
    void limitsAreThoseOfTheConfiguration() throws KernelException {
        doors.configure(List.of(guarded(LIMITS, AccessConfig.EVERYBODY)));
        Door door = door();
        assertThat(door).isEqualTo(new Door(door.owner(), 10, 2, 10_000_000, 333_333_333, 24, 56));
        doors.configure(List.of(guarded(LimitsConfig.NONE, AccessConfig.EVERYBODY)));
        assertThat(door()).isEqualTo(new Door(door.owner(), 0, 0, 0, 0, 32, 64));
    }

    @Test
    void aListIsWrittenAnewOnlyWhenItHasChanged() throws KernelException {
        doors.configure(List.of(guarded(LIMITS, ACCESS)));
        int id = doors.id("http");
        assertThat(program.accessLists.get(id))
                .as("a network in both lists is denied, and nobody else may come")
                .containsOnly(
                        Map.entry(Prefix.parse("198.18.0.0/15"), true),
                        Map.entry(Prefix.parse("198.18.7.0/24"), false),
                        Map.entry(Prefix.parse("198.18.7.1"), false),
                        Map.entry(Prefix.parse("0.0.0.0/0"), false),
                        Map.entry(Prefix.parse("::/0"), false));
        doors.configure(List.of(guarded(LimitsConfig.NONE, ACCESS)));
        assertThat(program.accessListsWritten).isEqualTo(1);
        doors.configure(List.of(guarded(LIMITS, new AccessConfig(List.of(), ACCESS.deny()))));
        assertThat(program.accessLists.get(id)).containsEntry(Prefix.parse("::/0"), true);
        doors.configure(List.of(guarded(LIMITS, AccessConfig.EVERYBODY)));
        assertThat(program.accessLists).isEmpty();
    }

    @Test
    void aServiceIsJudgedIfItOrABackendHasALimit() {
        assertThat(Doors.judges(Samples.http("web1"))).isFalse();
        assertThat(Doors.judges(guarded(LimitsConfig.NONE, AccessConfig.EVERYBODY)))
                .isFalse();
        assertThat(Doors.judges(guarded(LIMITS, AccessConfig.EVERYBODY))).isTrue();
        assertThat(Doors.judges(guarded(LimitsConfig.NONE, ACCESS))).isTrue();
        BackendConfig limited = new BackendConfig("web1", Endpoint.parse("198.18.0.11:80"), 100, 5, false);
        assertThat(Doors.judges(Samples.service(
                        Samples.config(SelectionConfig.of(Balance.LEAST_CONN), "198.18.0.100:80", limited))))
                .isTrue();
    }

    @Test
    void aDaemonThatStartsAgainFindsItsDoorsAndWritesTheListItHas() throws KernelException {
        doors.configure(List.of(guarded(LIMITS, ACCESS)));
        int id = doors.id("http");
        program.refusalsAt(id).put(Refusal.DENIED, 5L);
        Doors again = new Doors(program);
        again.configure(List.of(guarded(LIMITS, AccessConfig.EVERYBODY)));
        assertThat(again.id("http")).isEqualTo(id);
        assertThat(program.accessLists).as("the list of before").isEmpty();
        assertThat(again.newRefusals()).as("of before this daemon").isEmpty();
        program.refusalsAt(id).put(Refusal.DENIED, 6L);
        assertThat(again.newRefusals()).containsOnly(Map.entry("http", Map.of(RefusalReason.DENIED, 1L)));
    }

    @Test
    void aDoorGoesWithTheLastFlowOfItsService() throws KernelException {
        doors.configure(List.of(guarded(LIMITS, ACCESS)));
        int id = doors.id("http");
        doors.configure(List.of());
        doors.keep(Set.of("http"));
        assertThat(program.doors).containsOnlyKeys(id);
        doors.keep(Set.of());
        assertThat(program.doors).isEmpty();
        doors.configure(List.of(guarded(LIMITS, ACCESS)));
        assertThat(doors.id("http")).isGreaterThan(id);
    }

    @Test
    void aDoorThatNobodyClaimsAfterARestartGoes() throws KernelException {
        doors.configure(List.of(guarded(LIMITS, ACCESS)));
        Doors again = new Doors(program);
        again.configure(List.of());
        again.keep(Set.of());
        assertThat(program.doors).isEmpty();
    }

    @Test
    void refusalsAreToldOnceAndByTheWordsOfTheProxyEngine() throws KernelException {
        doors.configure(List.of(guarded(LIMITS, ACCESS)));
        Map<Refusal, Long> counts = program.refusalsAt(doors.id("http"));
        for (Refusal reason : Refusal.values()) {
            counts.put(reason, 1L + counts.size());
        }
        Map<RefusalReason, Long> told = doors.newRefusals().get("http");
        assertThat(told).hasSize(Refusal.values().length).containsEntry(RefusalReason.SOURCE_TOO_FAST, 5L);
        assertThat(doors.newRefusals()).isEmpty();
        counts.put(Refusal.SERVICE_FULL, 12L);
        assertThat(doors.newRefusals()).containsOnly(Map.entry("http", Map.of(RefusalReason.SERVICE_FULL, 10L)));
    }
}
