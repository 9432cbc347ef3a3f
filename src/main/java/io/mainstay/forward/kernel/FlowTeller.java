// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendKey;
import io.mainstay.forward.kernel.FlowAnswer.Choice;
import io.mainstay.forward.kernel.FlowAnswer.Known;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowTrial;
import io.mainstay.kernel.FlowTrial.Hop;
import io.mainstay.kernel.FlowTrial.Outcome;
import io.mainstay.kernel.FlowTrial.Refused;
import io.mainstay.kernel.FlowTuple;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tells people what the data path answered. Pure. */
final class FlowTeller {

    /** In which state a backend is, in a word. */
    private final Function<BackendKey, String> states;

    FlowTeller(Function<BackendKey, String> states) {
        this.states = states;
    }

    /** The story of one flow. */
    FlowStory tell(FlowAnswer answer) {
        List<String> sentences = new ArrayList<>();
        if (!answer.ours() && answer.known() == null) {
            sentences.add(
                    answer.flow().destination().address()
                            + " is not an address of the kernel engine on this node: packets to it go up to the network stack.");
        } else {
            introduction(answer).ifPresent(sentences::add);
            gate(answer, sentences);
            known(answer, sentences);
            outcome(answer, sentences);
        }
        Outcome outcome = answer.outcome();
        FlowTuple sent = outcome.sent();
        Hop hop = outcome.hop();
        BackendKey backend = answer.backend();
        boolean forwarded = outcome.verdict() == FlowTrial.Verdict.FORWARDED;
        return new FlowStory(
                serviceName(answer),
                mode(answer),
                answer.gateOpen(),
                verdict(outcome),
                reason(outcome),
                answer.known() == null ? "" : word(answer.known().stage()),
                forwarded && backend != null ? backend.backend() : "",
                forwarded && sent != null ? sent.source() + " to " + sent.destination() : "",
                hop == null ? "" : hop.link() + " to " + hop.gateway(),
                Map.of(),
                sentences);
    }

    private static Optional<String> introduction(FlowAnswer answer) {
        KernelService service = answer.service();
        return service == null
                ? Optional.empty()
                : Optional.of("Service " + service.config().name() + " is run by the kernel engine in mode "
                        + word(service.mode()) + ".");
    }

    private static void gate(FlowAnswer answer, List<String> sentences) {
        if (!answer.gateOpen()) {
            sentences.add("This node is not Active for "
                    + answer.flow().destination().address()
                    + ": its gate is shut, and what arrives goes up to the network stack. The rest is what it would do once"
                    + " it is Active.");
        }
    }

    private void known(FlowAnswer answer, List<String> sentences) {
        if (answer.endsHere()) {
            sentences.add(
                    "A connection with these addresses and ports ends on this host, in the proxy engine: its packets go up"
                            + " to it. The rest is about a new one.");
        }
        Known known = answer.known();
        if (known == null) {
            return;
        }
        BackendKey backend = known.backend();
        sentences.add("The flow is known: " + word(known.stage()) + " in mode " + word(known.mode()) + ", silent for "
                + duration(known.silence()) + ", "
                + (backend == null ? "of a backend that has gone." : "with backend " + name(backend) + "."));
    }

    private void outcome(FlowAnswer answer, List<String> sentences) {
        Outcome outcome = answer.outcome();
        Refused refused = turnedAway(outcome);
        KernelService service = answer.service();
        if (refused != null && service != null) {
            sentences.add("The client is refused: "
                    + RefusalWords.of(refused, service, answer.flow().source().address())
                    + (outcome.verdict() == FlowTrial.Verdict.ANSWERED
                            ? ". It is sent a reset."
                            : ". Its packet is dropped."));
            return;
        }
        switch (outcome.verdict()) {
            case FORWARDED -> forwarded(answer, sentences);
            case LEFT_TO_STACK ->
                sentences.add(
                        answer.service() == null
                                ? "No service of the kernel engine has " + listener(answer.flow())
                                        + ": the packet goes up to the network stack."
                                : "The packet goes up to the network stack.");
            case DROPPED -> sentences.add("The packet is dropped: " + why(answer) + ".");
            case ANSWERED ->
                sentences.add(
                        outcome.events().contains(FlowEvent.SENT_TOO_BIG)
                                ? "The sender is told that the packet is too big."
                                : "The client is sent a reset: " + why(answer) + ".");
        }
    }

    /** By its access list or a limit; not for lack of a backend or of a port, which happens to services without these too. */
    private static @Nullable Refused turnedAway(Outcome outcome) {
        return outcome.events().contains(FlowEvent.DROP_REFUSED) ? outcome.refused() : null;
    }

    private void forwarded(FlowAnswer answer, List<String> sentences) {
        BackendKey backend = answer.backend();
        String to = backend == null ? "a backend that has gone" : name(backend) + " (" + backend.address() + ")";
        if (!answer.entered()) {
            sentences.add("Its next packet follows it to " + to + ".");
        } else {
            Known known = answer.known();
            sentences.add((known == null ? "No such flow is known: a new one begins, " : successor(known) + ", ")
                    + "with backend " + to + ".");
            choice(answer, sentences);
        }
        way(answer, sentences);
    }

    private String successor(Known known) {
        BackendKey backend = known.backend();
        if (known.stage() == FlowAnswer.Stage.CLOSED) {
            return "It is over, so that a new one may begin in its place";
        }
        return backend == null
                ? "A new one begins in its place"
                : "A new one begins in its place, as nothing was answered in time or " + backend.backend()
                        + " takes no new flows";
    }

    private void choice(FlowAnswer answer, List<String> sentences) {
        Choice choice = answer.choice();
        KernelService service = answer.service();
        if (choice == null || service == null) {
            return;
        }
        String hashed = Suitability.isBySource(service.config().selection())
                ? "The hash of the client's address, the same for all its flows,"
                : "The hash of its addresses and ports";
        sentences.add(hashed + " falls on place " + choice.place() + " of the " + choice.size()
                + " of the Maglev table"
                + (choice.steppedOver().isEmpty()
                        ? "."
                        : ", which is stepped on from past "
                                + choice.steppedOver().stream().map(this::name).collect(Collectors.joining(" and "))
                                + "."));
    }

    private static void way(FlowAnswer answer, List<String> sentences) {
        FlowTuple sent = answer.outcome().sent();
        Hop hop = answer.outcome().hop();
        if (sent == null) {
            return;
        }
        String as = sent.equals(answer.flow())
                ? "It leaves with its addresses unchanged"
                : "It leaves as " + sent.source() + " to " + sent.destination();
        String probed = answer.entered() && answer.outcome().events().contains(FlowEvent.FLOW_PROBED)
                ? ", with a later choice of source port, as the first is another flow's"
                : "";
        String by = hop == null
                ? ""
                : ", by " + hop.link() + " to " + hop.gateway()
                        + (hop.mtuOctets() == 0 ? "" : " (packets of up to " + hop.mtuOctets() + " octets)");
        sentences.add(as + probed + by + ".");
    }

    private String why(FlowAnswer answer) {
        Set<FlowEvent> events = answer.outcome().events();
        BackendKey backend = answer.known() == null ? null : answer.known().backend();
        if (events.contains(FlowEvent.DROP_NO_BACKEND)) {
            return "no backend of the service takes new flows";
        }
        if (events.contains(FlowEvent.DROP_BACKEND_DOWN)) {
            return backend == null
                    ? "the backend of the flow has gone"
                    : "backend " + name(backend) + " is to lose its flows";
        }
        if (events.contains(FlowEvent.DROP_NO_PORT)) {
            return "all source ports that were tried are taken";
        }
        if (events.contains(FlowEvent.DROP_NO_FLOW)) {
            return "its port is one that flows to backends leave from, and no such flow is known";
        }
        if (events.contains(FlowEvent.DROP_NO_ROUTE)) {
            return "there is no route to the backend";
        }
        if (events.contains(FlowEvent.DROP_REFUSED)) {
            return "the service turns its client away";
        }
        if (events.contains(FlowEvent.DROP_KERNEL)) {
            return "the kernel refused, for lack of memory";
        }
        return "the program did not say why";
    }

    /**
     * The story of many flows that differ by their source port.
     *
     * @param answers at least one
     */
    FlowStory tellSpread(List<FlowAnswer> answers) {
        FlowStory first = tell(answers.getFirst());
        Map<String, Long> spread = new LinkedHashMap<>();
        List<FlowStory> others = new ArrayList<>();
        for (FlowAnswer answer : answers) {
            FlowStory story = tell(answer);
            if (story.verdict().equals("forwarded")) {
                spread.merge(story.backend(), 1L, Long::sum);
            } else {
                others.add(story);
            }
        }
        if (spread.isEmpty()) {
            return first;
        }
        List<String> sentences = new ArrayList<>();
        introduction(answers.getFirst()).ifPresent(sentences::add);
        gate(answers.getFirst(), sentences);
        String shares = spread.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .map(each -> each.getKey() + " gets " + each.getValue())
                .collect(Collectors.joining(", "));
        sentences.add(
                spread.size() == 1 && others.isEmpty()
                        ? "New flows from all of the " + answers.size() + " source ports that were tried go to "
                                + spread.keySet().iterator().next() + "."
                        : "Of new flows from " + answers.size() + " source ports " + shares + ".");
        if (!others.isEmpty()) {
            sentences.add(others.size() + " are not forwarded. Of these: "
                    + others.getFirst().sentences().getLast());
        }
        sentences.add("Give a source port to be told of one flow.");
        return new FlowStory(
                first.service(),
                first.mode(),
                first.active(),
                others.isEmpty() ? "forwarded" : "mixed",
                others.isEmpty() ? "" : others.getFirst().reason(),
                "",
                spread.size() == 1 && others.isEmpty()
                        ? spread.keySet().iterator().next()
                        : "",
                "",
                "",
                spread,
                sentences);
    }

    private String name(BackendKey backend) {
        String state = states.apply(backend);
        return state.isEmpty() || state.equals("healthy")
                ? backend.backend()
                : backend.backend() + ", which is " + state;
    }

    private static String listener(FlowTuple flow) {
        return flow.destination() + "/" + word(flow.transport());
    }

    private static String serviceName(FlowAnswer answer) {
        KernelService service = answer.service();
        BackendKey backend = answer.backend();
        return service != null ? service.config().name() : backend == null ? "" : backend.service();
    }

    private static String mode(FlowAnswer answer) {
        KernelService service = answer.service();
        Known known = answer.known();
        return known != null && !answer.entered() ? word(known.mode()) : service == null ? "" : word(service.mode());
    }

    private static String verdict(Outcome outcome) {
        return switch (outcome.verdict()) {
            case FORWARDED -> "forwarded";
            case LEFT_TO_STACK -> "stack";
            case DROPPED -> "dropped";
            case ANSWERED -> outcome.events().contains(FlowEvent.SENT_TOO_BIG) ? "too_big" : "reset";
        };
    }

    private static String reason(Outcome outcome) {
        Refused refused = turnedAway(outcome);
        if (refused != null) {
            return word(refused.reason());
        }
        return outcome.events().stream()
                .filter(event -> event.name().startsWith("DROP_"))
                .map(FlowEvent::word)
                .sorted()
                .findFirst()
                .orElse("");
    }

    private static String duration(Duration silence) {
        long millis = silence.toMillis();
        return millis < 10_000 ? millis + " ms" : millis / 1000 + " s";
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
