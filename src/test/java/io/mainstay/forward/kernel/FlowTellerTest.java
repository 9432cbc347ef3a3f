// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.LimitsConfig;
import io.mainstay.forward.Rate;
import io.mainstay.forward.TrafficConfig;
import io.mainstay.kernel.FlowCursor;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowProgram.Refusal;
import io.mainstay.kernel.FlowProgram.State;
import io.mainstay.kernel.FlowTrial.Gates;
import io.mainstay.kernel.FlowTrial.Packet;
import io.mainstay.kernel.FlowTrial.Verdict;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.Endpoint;
import io.mainstay.net.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of the data path about a flow, and what people are told of the answer. */
class FlowTellerTest {

    private static final FlowTuple FLOW = flow(40000);
    private static final FlowTuple SENT =
            new FlowTuple(Transport.TCP, Endpoint.parse("198.18.0.100:20917"), Endpoint.parse("198.18.0.11:8080"));

    private final FakeFlowProgram program = new FakeFlowProgram();
    private ForwardingModel model;

    private static FlowTuple flow(int port) {
        return new FlowTuple(Transport.TCP, Endpoint.parse("198.18.9.7:" + port), new Endpoint(Samples.VIP, 80));
    }

    @BeforeEach
    void start() throws KernelException {
        model = new ForwardingModel(Samples.SETTINGS, program);
        configure(Samples.serving("web1"), Samples.serving("web2"));
        program.setGate(0, true);
    }

    private void configure(BackendView... views) throws KernelException {
        model.configure(List.of(Samples.http("web1", "web2")), List.of(views));
    }

    private FlowAnswer ask(FlowTuple flow) throws KernelException {
        return new FlowInquiry(program, program.trial, model).ask(flow);
    }

    private FlowStory told(FlowTuple flow) throws KernelException {
        return new FlowTeller(key -> key.backend().equals("web2") ? "draining" : "healthy").tell(ask(flow));
    }

    private int slot(String backend) {
        for (LiveSlot slot : model.slots()) {
            if (slot.key().backend().equals(backend)) {
                return slot.index();
            }
        }
        throw new AssertionError(backend + " has no slot");
    }

    private int id(int slot) {
        return program.backends.get(slot).id();
    }

    private void forwardsTo(String backend, FlowEvent... events) {
        int slot = slot(backend);
        program.trial.answer = flow -> FakeFlowTrial.forwarded(SENT, slot, id(slot), events);
    }

    @Test
    void aNewFlowIsToldWithItsBackendItsAddressesAndItsWay() throws KernelException {
        forwardsTo("web1", FlowEvent.FLOW_PROBED);
        FlowStory story = told(FLOW);
        assertThat(program.trial.asked)
                .first()
                .isEqualTo(new FakeFlowTrial.Asked(FLOW, Packet.FIRST, Gates.AS_THEY_ARE));
        assertThat(story.served()).isTrue();
        assertThat(story.service()).isEqualTo("http");
        assertThat(story.mode()).isEqualTo("full_nat");
        assertThat(story.backend()).isEqualTo("web1");
        assertThat(story.leavesAs()).isEqualTo("198.18.0.100:20917 to 198.18.0.11:8080");
        assertThat(story.via()).isEqualTo("eth1 to 198.18.0.11");
        assertThat(story.sentences())
                .contains(
                        "Service http is run by the kernel engine in mode full_nat.",
                        "No such flow is known: a new one begins, with backend web1 (198.18.0.11:8080).",
                        "It leaves as 198.18.0.100:20917 to 198.18.0.11:8080, with a later choice of source port, as the"
                                + " first is another flow's, by eth1 to 198.18.0.11 (packets of up to 1500 octets).");
    }

    @Test
    void theChoiceFollowsTheTableAsTheProgramDoes() throws KernelException {
        configure(Samples.serving("web1"), Samples.notServing("web2"));
        int drained = slot("web2");
        assertThat(program.backends.get(drained).state()).isEqualTo(State.DRAINING);
        forwardsTo("web1");
        List<FlowAnswer.Choice> choices = new ArrayList<>();
        for (int port = 40000; port < 40100; port++) {
            FlowAnswer.Choice choice = Objects.requireNonNull(ask(flow(port)).choice());
            int first = program.tableSlot(program.service(Samples.HTTP).tableFirst() + choice.place());
            assertThat(choice.steppedOver().isEmpty()).isEqualTo(first == slot("web1"));
            choices.add(choice);
        }
        assertThat(choices).anyMatch(choice -> choice.steppedOver().equals(List.of(Samples.key("web2"))));
        FlowTuple past = IntStream.range(40000, 40100)
                .mapToObj(FlowTellerTest::flow)
                .filter(flow ->
                        !choices.get(flow.source().port() - 40000).steppedOver().isEmpty())
                .findFirst()
                .orElseThrow();
        assertThat(told(past).sentences())
                .anyMatch(sentence -> sentence.endsWith(
                        "of the Maglev table, which is stepped on from past web2, which is draining."));
    }

    @Test
    void aConnectionThatEndsOnThisHostIsToldOf() throws KernelException {
        forwardsTo("web1");
        assertThat(told(FLOW).sentences()).noneMatch(sentence -> sentence.contains("ends on this host"));
        program.trial.later = FakeFlowTrial.leftToStack();
        FlowStory story = told(FLOW);
        assertThat(story.sentences())
                .anyMatch(sentence ->
                        sentence.startsWith("A connection with these addresses and ports ends on this host"));
        assertThat(story.backend()).as("of a new one").isEqualTo("web1");
    }

    @Test
    void aChoiceThatTheTableDoesNotBearOutIsNotTold() throws KernelException {
        int slot = slot("web1");
        program.trial.answer = flow -> FakeFlowTrial.forwarded(SENT, 63, id(slot));
        assertThat(ask(FLOW).choice()).isNull();
    }

    @Test
    void anEstablishedFlowIsFollowedByAPacketOfItsMiddle() throws KernelException {
        int slot = slot("web2");
        program.known.put(FLOW, FakeFlowTrial.entry(false, slot, id(slot), FlowCursor.LIVE));
        forwardsTo("web2");
        FlowStory story = told(FLOW);
        assertThat(program.trial.asked.getFirst().packet()).isEqualTo(Packet.LATER);
        assertThat(story.known()).isEqualTo("established");
        assertThat(story.sentences())
                .contains("Its next packet follows it to web2, which is draining (198.18.0.12:8080).");
    }

    @Test
    void aFlowThatIsOverMakesRoomForANewOne() throws KernelException {
        int slot = slot("web1");
        program.known.put(FLOW, FakeFlowTrial.entry(false, slot, id(slot), FlowCursor.LIVE | FlowCursor.RESET));
        forwardsTo("web1", FlowEvent.FLOW_REPICKED);
        FlowStory story = told(FLOW);
        assertThat(program.trial.asked.getFirst().packet()).isEqualTo(Packet.FIRST);
        assertThat(story.known()).isEqualTo("closed");
        assertThat(story.sentences())
                .contains(
                        "It is over, so that a new one may begin in its place, with backend web1 (198.18.0.11:8080).");
    }

    @Test
    void aBackupSaysThatItsGateIsShutAndWhatItWouldDo() throws KernelException {
        program.setGate(0, false);
        forwardsTo("web1");
        FlowStory story = told(FLOW);
        assertThat(program.trial.asked.getFirst().gates()).isEqualTo(Gates.ALL_OPEN);
        assertThat(story.active()).isFalse();
        assertThat(story.served()).isFalse();
        assertThat(story.verdict()).isEqualTo("forwarded");
        assertThat(story.sentences().get(1)).startsWith("This node is not Active for 198.18.0.100: its gate is shut");
        assertThat(story.backend()).isEqualTo("web1");
    }

    @Test
    void whyAPacketIsNotForwarded() throws KernelException {
        record Case(Verdict verdict, FlowEvent event, String words) {}
        for (Case each : List.of(
                new Case(Verdict.ANSWERED, FlowEvent.DROP_NO_BACKEND, "no backend of the service takes new flows"),
                new Case(Verdict.ANSWERED, FlowEvent.DROP_NO_PORT, "all source ports that were tried are taken"),
                new Case(Verdict.ANSWERED, FlowEvent.DROP_BACKEND_DOWN, "the backend of the flow has gone"),
                new Case(Verdict.DROPPED, FlowEvent.DROP_NO_ROUTE, "there is no route to the backend"),
                new Case(
                        Verdict.DROPPED,
                        FlowEvent.DROP_NO_FLOW,
                        "its port is one that flows to backends leave from"))) {
            program.trial.answer = flow -> FakeFlowTrial.refused(each.verdict(), each.event());
            FlowStory story = told(FLOW);
            assertThat(story.reason()).isEqualTo(each.event().word());
            assertThat(story.served()).isFalse();
            assertThat(story.sentences().getLast()).contains(each.words());
        }
    }

    @Test
    void whoIsTurnedAwayIsToldTheLimitAndHowFarItIsUsedUp() throws KernelException {
        LimitsConfig limits = new LimitsConfig(100, 20, new Rate(50), new Rate(5), new AddressGrouping(24, 64));
        KernelService http = Samples.http("web1", "web2");
        model.configure(
                List.of(new KernelService(
                        http.config(),
                        TrafficConfig.DEFAULT.withLimits(limits),
                        "",
                        http.wish(),
                        http.mode(),
                        http.sources())),
                List.of(Samples.serving("web1"), Samples.serving("web2")));
        record Case(Refusal reason, int live, String clause) {}
        for (Case each : List.of(
                new Case(Refusal.DENIED, 0, "the access list of the service does not let 198.18.9.7 in"),
                new Case(Refusal.SERVICE_FULL, 100, "the service has 100 of 100 connections"),
                new Case(Refusal.SOURCE_FULL, 20, "the source, 198.18.9.0/24, has 20 of 20 connections"),
                new Case(
                        Refusal.SERVICE_TOO_FAST,
                        0,
                        "the service takes 50 new connections a second, and has just had them"),
                new Case(
                        Refusal.SOURCE_TOO_FAST,
                        0,
                        "the source, 198.18.9.0/24, may begin 5 connections a second, and has just done so"),
                new Case(
                        Refusal.BACKENDS_FULL,
                        0,
                        "every backend that takes new connections has its max_connections"))) {
            program.trial.answer = flow -> FakeFlowTrial.turnedAway(Verdict.ANSWERED, each.reason(), each.live());
            FlowStory story = told(FLOW);
            assertThat(story.sentences()).endsWith("The client is refused: " + each.clause() + ". It is sent a reset.");
            assertThat(story.verdict()).isEqualTo("reset");
            assertThat(story.reason()).isEqualTo(each.reason().name().toLowerCase(Locale.ROOT));
            assertThat(story.served()).isFalse();
        }
        program.trial.answer = flow -> FakeFlowTrial.turnedAway(Verdict.DROPPED, Refusal.SERVICE_FULL, 100);
        assertThat(told(FLOW).sentences().getLast()).endsWith(" connections. Its packet is dropped.");
    }

    @Test
    void aDestinationOfNobodyGoesUpToTheStack() throws KernelException {
        FlowTuple elsewhere = new FlowTuple(Transport.TCP, FLOW.source(), Endpoint.parse("203.0.113.1:80"));
        assertThat(told(elsewhere).sentences())
                .containsExactly(
                        "203.0.113.1 is not an address of the kernel engine on this node: packets to it go up to"
                                + " the network stack.");
        FlowTuple otherPort = new FlowTuple(Transport.TCP, FLOW.source(), new Endpoint(Samples.VIP, 81));
        assertThat(told(otherPort).sentences())
                .containsExactly("No service of the kernel engine has 198.18.0.100:81/tcp: the packet goes up to the"
                        + " network stack.");
    }

    @Test
    void manyPortsAreToldByTheirShares() throws KernelException {
        int web1 = slot("web1");
        int web2 = slot("web2");
        program.trial.answer = flow -> {
            int slot = flow.source().port() % 4 == 0 ? web2 : web1;
            return flow.source().port() % 8 == 1
                    ? FakeFlowTrial.refused(Verdict.ANSWERED, FlowEvent.DROP_NO_PORT)
                    : FakeFlowTrial.forwarded(SENT, slot, id(slot));
        };
        List<FlowAnswer> answers = new ArrayList<>();
        for (int port = 40000; port < 40016; port++) {
            answers.add(ask(flow(port)));
        }
        FlowStory story = new FlowTeller(key -> "healthy").tellSpread(answers);
        assertThat(story.spread()).containsEntry("web1", 10L).containsEntry("web2", 4L);
        assertThat(story.verdict()).isEqualTo("mixed");
        assertThat(story.reason()).isEqualTo("drop_no_port");
        assertThat(story.sentences())
                .contains(
                        "Of new flows from 16 source ports web1 gets 10, web2 gets 4.",
                        "2 are not forwarded. Of these: The client is sent a reset: all source ports that were tried are"
                                + " taken.");
    }
}
