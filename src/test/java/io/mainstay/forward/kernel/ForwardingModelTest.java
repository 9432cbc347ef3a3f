// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mainstay.forward.AccessConfig;
import io.mainstay.forward.BackendConfig;
import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.Balance;
import io.mainstay.forward.Forwarding;
import io.mainstay.forward.LimitsConfig;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.SelectionConfig;
import io.mainstay.forward.ServiceConfig;
import io.mainstay.kernel.FlowCursor;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowProgram.Role;
import io.mainstay.kernel.FlowProgram.Service;
import io.mainstay.kernel.FlowProgram.ServiceKey;
import io.mainstay.kernel.FlowProgram.State;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import io.mainstay.net.Transport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ForwardingModelTest {

    private final FakeFlowProgram program = new FakeFlowProgram();
    private ForwardingModel model;

    @BeforeEach
    void start() throws KernelException {
        model = new ForwardingModel(Samples.SETTINGS, program);
    }

    private static List<BackendView> all(String... names) {
        return List.of(names).stream().map(Samples::serving).toList();
    }

    private void walk() throws KernelException {
        model.walk(gate -> true);
    }

    @Test
    void aServiceIsWrittenWithItsBackendsAndItsSource() throws KernelException {
        model.configure(List.of(Samples.http("web1", "web2")), all("web1", "web2"));
        Service service = program.service(Samples.HTTP);
        assertThat(program.table(Samples.HTTP)).containsExactlyInAnyOrderElementsOf(program.slots(State.READY));
        assertThat(program.slots(State.READY)).hasSize(2);
        assertThat(program.sources)
                .containsEntry(service.sourcesFirst(), new FlowProgram.Source(Samples.VIP, 10240, 22528));
        assertThat(program.roles.get(Samples.VIP)).isEqualTo(new Role(true, false, 0, 10240, 22528));
        assertThat(model.interfaces(List.of()))
                .containsExactly(new InterfaceName("backends"), new InterfaceName("eth0"));
    }

    @Test
    void statesFollowWithoutAnotherTable() throws KernelException {
        model.configure(List.of(Samples.http("web1", "web2")), all("web1", "web2"));
        Service before = program.service(Samples.HTTP);
        model.refresh(List.of(Samples.serving("web1"), Samples.notServing("web2")));
        assertThat(program.slots(State.DRAINING)).hasSize(1);
        assertThat(program.service(Samples.HTTP)).isEqualTo(before);
        model.refresh(List.of(Samples.serving("web1"), Samples.failing("web2")));
        assertThat(program.slots(State.UNHEALTHY)).hasSize(1);
        assertThat(program.service(Samples.HTTP)).isEqualTo(before);
        model.refresh(List.of(Samples.serving("web1"), Samples.resetting("web2")));
        assertThat(program.slots(State.DOWN)).hasSize(1);
    }

    @Test
    void aTableOfWhichMostIsNotReadyIsMadeOfTheRest() throws KernelException {
        KernelService six = Samples.http("web1", "web2", "web3", "web4", "web5", "web6");
        model.configure(List.of(six), all("web1", "web2", "web3", "web4", "web5", "web6"));
        assertThat(program.table(Samples.HTTP)).hasSize(6);
        model.refresh(List.of(
                Samples.serving("web1"),
                Samples.notServing("web2"),
                Samples.notServing("web3"),
                Samples.notServing("web4"),
                Samples.notServing("web5"),
                Samples.notServing("web6")));
        assertThat(program.table(Samples.HTTP)).isEqualTo(java.util.Set.copyOf(program.slots(State.READY)));
        model.refresh(all("web1", "web2", "web3", "web4", "web5", "web6"));
        assertThat(program.table(Samples.HTTP)).hasSize(6);
    }

    @Test
    void aServiceOfWhichNoBackendHasWeightLeavesTheTablesOfOthersAlone() throws KernelException {
        KernelService one = named("one", 81);
        BackendView ofOne = new BackendView(new BackendKey("one", "web", WEB), 100, true, false, false, 0);
        BackendView weightless = new BackendView(new BackendKey("two", "web", WEB), 0, true, false, false, 0);
        model.configure(List.of(one, named("two", 82)), List.of(ofOne, weightless));
        model.configure(List.of(one), List.of(ofOne));
        model.refresh(List.of(ofOne));
        BackendView ofThree = new BackendView(new BackendKey("three", "web", WEB), 100, true, false, false, 0);
        model.configure(List.of(one, named("three", 83)), List.of(ofOne, ofThree));
        assertThat(program.service(at(83)).tableSize()).isPositive();
        assertThat(program.service(at(83)).tableFirst())
                .isNotEqualTo(program.service(at(81)).tableFirst());
    }

    private static final Endpoint WEB = Endpoint.parse("198.18.0.11:8080");

    private static ServiceKey at(int port) {
        return new ServiceKey(Transport.TCP, new Endpoint(Samples.VIP, port));
    }

    private static KernelService named(String name, int port) {
        ServiceConfig http = Samples.http("web1").config();
        return Samples.service(new ServiceConfig(
                name,
                List.of(new ListenerConfig(new Endpoint(Samples.VIP, port), Transport.TCP)),
                http.selection(),
                http.drainTimeout(),
                http.timeouts(),
                List.of(new BackendConfig("web", WEB, 100))));
    }

    @Test
    void portsAreThoseOfFlowsThatLiveWaitOrWereClosedAMomentAgoToTheFullestBackend() throws KernelException {
        model.configure(List.of(Samples.http("web1", "web2")), all("web1", "web2"));
        int slot = program.slots(State.READY).getLast();
        int id = program.backends.get(slot).id();
        for (int state : new int[] {FlowCursor.LIVE, FlowCursor.LIVE | FlowCursor.RESET | FlowCursor.ENDED}) {
            FakeFlow flow = new FakeFlow(slot, id);
            flow.state = state;
            program.flows.add(flow);
        }
        program.embryos.put(slot, 5);
        walk();
        model.countEmbryos();
        String fullest = program.backends.get(slot).address().toString().endsWith("11") ? "web1" : "web2";
        assertThat(model.ports()).containsOnly(Map.entry("http", new PortUse(7, 22_528, 1, fullest)));
    }

    @Test
    void latencyIsCountedForTheSlotsThatAreInUse() throws KernelException {
        model.configure(List.of(Samples.http("web1", "web2")), all("web1", "web2"));
        assertThat(program.latencies).as("the tables do not wait for it").isEmpty();
        model.measureNew();
        assertThat(program.latencies.keySet()).containsExactlyInAnyOrderElementsOf(program.slots(State.READY));
        model.configure(List.of(Samples.http("web1")), all("web1"));
        walk();
        for (LiveSlot slot : model.slots()) {
            model.giveBackIfDone(slot);
        }
        model.measureNew();
        assertThat(program.latencies.keySet()).containsExactlyElementsOf(program.slots(State.READY));
    }

    @Test
    void aDaemonThatStartsAgainMeasuresWhatItsFormerLifeHadNotComeTo() throws KernelException {
        model.configure(List.of(Samples.http("web1")), all("web1"));
        model.measureNew();
        int measured = program.slots(State.READY).getFirst();
        FlowProgram.Latency counted = new FlowProgram.Latency(Collections.nCopies(24, 5L), Collections.nCopies(24, 0L));
        program.latencies.put(measured, counted);
        model.configure(List.of(Samples.http("web1", "web2")), all("web1", "web2"));
        ForwardingModel again = new ForwardingModel(Samples.SETTINGS, program);
        again.configure(List.of(Samples.http("web1", "web2")), all("web1", "web2"));
        again.measureNew();
        assertThat(program.latencies.keySet()).containsExactlyInAnyOrderElementsOf(program.slots(State.READY));
        assertThat(program.latencies).as("goes on").containsEntry(measured, counted);
    }

    @Test
    void bothNodesFillTheirTablesAlike() throws KernelException {
        model.configure(List.of(Samples.http("web1", "web2", "web3")), all("web1", "web2", "web3"));
        FakeFlowProgram peer = new FakeFlowProgram();
        new ForwardingModel(Samples.SETTINGS, peer)
                .configure(List.of(Samples.http("web3", "web1", "web2")), all("web3", "web1", "web2"));
        Service here = program.service(Samples.HTTP);
        Service there = peer.service(Samples.HTTP);
        assertThat(there.tableSize()).isEqualTo(here.tableSize());
        for (int i = 0; i < here.tableSize(); i++) {
            assertThat(peer.backends.get(peer.tables[there.tableFirst() + i]).address())
                    .isEqualTo(program.backends
                            .get(program.tables[here.tableFirst() + i])
                            .address());
        }
    }

    @Test
    void whenFlowsAreToGoToOtherBackendsEachTableLeadsToSomebodyAllTheWhile() throws KernelException {
        List<KernelService> services = List.of(Samples.http("web1", "web2"));
        model.configure(services, List.of(Samples.serving("web1"), Samples.weightless("web2")));
        List<Boolean> anybody = new ArrayList<>();
        program.afterBackend = () -> anybody.add(program.table(Samples.HTTP).stream()
                .anyMatch(slot -> program.backends.get(slot).state() == State.READY));
        Set<Integer> before = program.table(Samples.HTTP);
        model.refresh(List.of(Samples.weightless("web1"), Samples.serving("web2")));
        assertThat(program.table(Samples.HTTP)).hasSize(1).isNotEqualTo(before);
        model.configure(services, List.of(Samples.serving("web1"), Samples.weightless("web2")));
        assertThat(program.table(Samples.HTTP)).isEqualTo(before);
        assertThat(anybody).hasSize(4).doesNotContain(false);
    }

    @Test
    void aDaemonThatStartsAgainLeavesSlotsTablesAndGatesInPlace() throws KernelException {
        model.configure(List.of(Samples.http("web1", "web2")), all("web1", "web2"));
        List<Integer> before =
                program.backends().stream().map(backend -> backend.id()).toList();
        program.writtenStates.clear();
        ForwardingModel again = new ForwardingModel(Samples.SETTINGS, program);
        again.configure(
                List.of(Samples.http("web2", "web1")), List.of(Samples.notServing("web2"), Samples.notServing("web1")));
        assertThat(program.backends().stream().map(backend -> backend.id()).toList())
                .isEqualTo(before);
        assertThat(program.writtenStates).as("no live flow may be reset").containsOnly(State.DRAINING);
        assertThat(again.gates()).isEqualTo(model.gates());
        assertThat(program.services).hasSize(1);
    }

    @Test
    void whatIsNoLongerConfiguredAfterARestartIsAbsent() throws KernelException {
        model.configure(List.of(Samples.http("web1", "web2")), all("web1", "web2"));
        ForwardingModel again = new ForwardingModel(Samples.SETTINGS, program);
        again.configure(List.of(Samples.http("web1")), all("web1"));
        assertThat(program.slots(State.READY)).hasSize(1);
        assertThat(program.slots(State.ABSENT)).hasSize(FakeFlowProgram.SLOTS - 1);
    }

    @Test
    void aSlotThatChangesHandsGetsAnIdOfItsOwn() throws KernelException {
        model.configure(List.of(Samples.http("web1")), all("web1"));
        int slot = program.slots(State.READY).getFirst();
        int first = program.backends.get(slot).id();
        model.refresh(List.of());
        walk();
        for (LiveSlot each : model.slots()) {
            assertThat(model.giveBackIfDone(each)).isTrue();
        }
        for (int i = 0; i < FakeFlowProgram.SLOTS; i++) {
            model.configure(List.of(Samples.http("web2")), all("web2"));
            model.refresh(List.of());
            walk();
            for (LiveSlot each : model.slots()) {
                model.giveBackIfDone(each);
            }
        }
        assertThat(program.backends.get(slot).id()).isGreaterThan(first);
        assertThat(program.backends.stream()
                        .map(backend -> backend.id())
                        .filter(id -> id > 0)
                        .distinct())
                .hasSize(FakeFlowProgram.SLOTS);
    }

    @Test
    void whoFoundNoSlotGetsOneOnceThereIs() throws KernelException {
        String[] more = IntStream.rangeClosed(1, FakeFlowProgram.SLOTS + 1)
                .mapToObj(number -> "web" + number)
                .toArray(String[]::new);
        // Without weight, as a table of so many is larger than the room here.
        List<BackendView> views = Arrays.stream(more).map(Samples::weightless).toList();
        model.configure(List.of(Samples.http(more)), views);
        assertThat(program.slots(State.DRAINING)).hasSize(FakeFlowProgram.SLOTS);
        List<BackendView> withoutFirst = views.subList(1, views.size());
        model.refresh(withoutFirst);
        walk();
        LiveSlot first = model.slots().iterator().next();
        assertThat(first.key()).isEqualTo(Samples.key("web1"));
        assertThat(model.giveBackIfDone(first)).isTrue();
        model.refresh(withoutFirst);
        assertThat(program.slots(State.DRAINING)).hasSize(FakeFlowProgram.SLOTS);
    }

    @Test
    void whatCouldNotBeWrittenIsWrittenLater() throws KernelException {
        model.configure(List.of(Samples.http("web1", "web2")), all("web1", "web2"));
        List<BackendView> views = List.of(Samples.serving("web1"), Samples.notServing("web2"));
        program.refusesBackends = true;
        assertThatThrownBy(() -> model.refresh(views)).isInstanceOf(KernelException.class);
        assertThat(program.slots(State.DRAINING)).isEmpty();
        program.refusesBackends = false;
        model.refresh(views);
        assertThat(program.slots(State.DRAINING)).hasSize(1);
    }

    @Test
    void aSlotWithFlowsIsKept() throws KernelException {
        model.configure(List.of(Samples.http("web1")), all("web1"));
        int slot = program.slots(State.READY).getFirst();
        FakeFlow flow = new FakeFlow(slot, program.backends.get(slot).id());
        flow.seen = flow.otherSeen = program.tick;
        program.flows.add(flow);
        model.configure(List.of(), all("web1"));
        assertThat(program.services).isEmpty();
        walk();
        LiveSlot kept = model.slots().iterator().next();
        assertThat(model.giveBackIfDone(kept)).isFalse();
        assertThat(kept.report().live()).isEqualTo(1);
        assertThat(program.backends.get(slot).state()).isEqualTo(State.READY);
        program.flows.clear();
        walk();
        assertThat(model.giveBackIfDone(kept)).isTrue();
    }

    @Test
    void aCountStandsForAWishOnlyAtTheSecondWalk() throws KernelException {
        model.configure(List.of(Samples.http("web1")), all("web1"));
        walk();
        walk();
        LiveSlot slot = model.slots().iterator().next();
        assertThat(slot.report().asOf()).isZero();
        model.refresh(List.of(new BackendView(Samples.key("web1"), 100, false, false, false, 1)));
        walk();
        assertThat(slot.report().asOf()).isEqualTo(-1);
        walk();
        assertThat(slot.report().asOf()).isEqualTo(1);
    }

    @Test
    void servicesThatGoMakeRoomForTablesOfOthers() throws KernelException {
        for (int i = 0; i < 100; i++) {
            String name = "web" + (1 + i % 9);
            model.configure(List.of(Samples.http(name)), all(name));
            model.refresh(all(name));
        }
        assertThat(program.services.keySet())
                .containsExactly(new ServiceKey(Samples.HTTP.transport(), Samples.HTTP.endpoint()));
    }

    @Test
    void limitsOfServiceAndBackendsReachTheDataPath() throws KernelException {
        BackendConfig limited = new BackendConfig("web1", Samples.key("web1").address(), 100, 5, false);
        KernelService service =
                Samples.service(Samples.config(SelectionConfig.of(Balance.LEAST_CONN), "198.18.0.100:80", limited));
        model.configure(List.of(service), all("web1"));
        int slot = program.slots(State.READY).getFirst();
        assertThat(program.backends.get(slot).limit()).isEqualTo(5);
        assertThat(program.service(Samples.HTTP).judged()).isTrue();
        int door = program.service(Samples.HTTP).door();
        assertThat(program.doors).containsOnlyKeys(door);
        assertThat(model.slots().iterator().next().door()).isEqualTo(door);
        model.configure(List.of(Samples.http("web1")), all("web1"));
        assertThat(program.backends.get(slot).limit()).isZero();
        assertThat(program.service(Samples.HTTP).judged()).isFalse();
        assertThat(program.service(Samples.HTTP).door()).isEqualTo(door);
        ForwardingModel again = new ForwardingModel(Samples.SETTINGS, program);
        again.configure(List.of(service), all("web1"));
        assertThat(program.service(Samples.HTTP).door()).isEqualTo(door);
    }

    @Test
    void aServiceThatIsGoneKeepsItsDoorUntilItsFlowsHaveEnded() throws KernelException {
        KernelService guarded = DoorsTest.guarded(LimitsConfig.NONE, new AccessConfig(List.of(), List.of()));
        model.configure(List.of(guarded), all("web1"));
        int slot = program.slots(State.READY).getFirst();
        int door = program.service(Samples.HTTP).door();
        FakeFlow flow = new FakeFlow(slot, program.backends.get(slot).id());
        flow.seen = flow.otherSeen = program.tick;
        flow.count(door);
        program.flows.add(flow);
        model.configure(List.of(), all("web1"));
        walk();
        assertThat(program.doors).containsOnlyKeys(door);
        program.flows.clear();
        walk();
        for (LiveSlot each : model.slots()) {
            assertThat(model.giveBackIfDone(each)).isTrue();
        }
        walk();
        assertThat(program.doors).isEmpty();
    }

    private static KernelService nat(String... backends) {
        KernelService http = Samples.http(backends);
        return new KernelService(http.config(), http.traffic(), "", EngineWish.KERNEL, Forwarding.NAT, List.of());
    }

    @Test
    void answersOfBackendsThatSeeTheClientAreLookedAtForAsLongAsTheirFlowsLive() throws KernelException {
        model.configure(List.of(nat("web1", "web2")), all("web1", "web2"));
        Role backend = new Role(false, true, 0, 0, 0);
        IpAddress second = Samples.key("web2").address().address();
        assertThat(program.roles).containsEntry(second, backend);
        int slot = program.slots(State.READY).getFirst();
        FakeFlow flow = new FakeFlow(slot, program.backends.get(slot).id());
        program.flows.add(flow);
        model.configure(List.of(), all("web1", "web2"));
        assertThat(program.settings.anyNat()).isTrue();
        assertThat(program.roles).containsEntry(second, backend);
        program.flows.clear();
        walk();
        model.slots().forEach(each -> {
            try {
                model.giveBackIfDone(each);
            } catch (KernelException e) {
                throw new AssertionError(e);
            }
        });
        model.configure(List.of(), List.of());
        assertThat(program.settings.anyNat()).isFalse();
        assertThat(program.roles).containsOnlyKeys(Samples.SETTINGS.virtualAddresses());
    }

    @Test
    void aBackendThatSeesTheClientIsKnownByItsAddressAndPortUnlessTwoServicesHaveIt() throws KernelException {
        ServiceKey web1 =
                new ServiceKey(Samples.HTTP.transport(), Samples.key("web1").address());
        model.configure(List.of(nat("web1")), all("web1"));
        assertThat(program.fronts).containsExactly(Map.entry(web1, Samples.HTTP));
        model.configure(List.of(nat("web1"), nat("web1")), all("web1"));
        assertThat(program.fronts).isEmpty();
        model.configure(List.of(nat("web1")), all("web1"));
        model.configure(List.of(Samples.http("web1")), all("web1"));
        assertThat(program.fronts).isEmpty();
    }
}
