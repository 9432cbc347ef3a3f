// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendKey;
import io.mainstay.forward.BackendStates;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.OffloadedFlows;
import io.mainstay.kernel.Detours;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.FlowTrial;
import io.mainstay.kernel.FlowTuple;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The kernel engine of a node: decides which services the data path forwards, keeps its maps in step with the states of the
 * backends, counts flows and ends the idle ones.
 *
 * <p>The data path goes on by itself: when the daemon dies, flows stay; {@link #holds} and {@link #lets} alone say whether
 * they count. Every method may be called from any thread.
 */
public final class KernelEngine implements AutoCloseable {

    private static final long STEP_MILLIS = 100;

    /** Between two walks through the flow table while no drain waits for its end. */
    private static final int STEPS_BETWEEN_WALKS = 10;

    /** Between two looks for interfaces that came, or by which a backend is reached now. */
    private static final int STEPS_BETWEEN_LOOKS = 50;

    /** Between two looks for clients that are remembered without need. */
    private static final int STEPS_BETWEEN_SWEEPS = 100;

    /** Between two looks at how long backends take. */
    private static final int STEPS_BETWEEN_MEASURES = 20;

    private final KernelSettings settings;
    private final BackendStates states;
    private final FlowProgramSource source;
    private final Consumer<String> problems;
    private final long stepMillis;
    private final PortWatch portWatch;
    private final FastPath fastPath;
    private final Gates gates = new Gates();
    private final FormerActives formers;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "mainstay-flows");
        made.setDaemon(true);
        return made;
    });

    private volatile Map<String, EngineDecision> decisions = Map.of();
    private volatile Map<FlowEvent, Long> events = Map.of();
    private volatile Map<BackendKey, Latency> latencies = Map.of();
    private volatile Map<String, PortUse> ports = Map.of();
    private volatile String lastProblem = "";

    private boolean started;

    // Below: of the thread alone.
    private @Nullable FlowProgram program;
    private @Nullable ForwardingModel model;
    private @Nullable FlowTrial trial;
    private long step;
    private List<KernelService> asked = List.of();
    private List<KernelService> chosen = List.of();
    private boolean refused;

    /** @param problems is told, for people, what went wrong and will be tried again, and what goes short */
    public KernelEngine(
            KernelSettings settings, BackendStates states, FlowProgramSource source, Consumer<String> problems) {
        this(settings, states, source, problems, STEP_MILLIS);
    }

    /** @param stepMillis between two looks at what has changed; all else is a multiple of it */
    KernelEngine(
            KernelSettings settings,
            BackendStates states,
            FlowProgramSource source,
            Consumer<String> problems,
            long stepMillis) {
        this.settings = settings;
        this.stepMillis = stepMillis;
        this.states = states;
        this.source = source;
        this.problems = problems;
        portWatch = new PortWatch(problems);
        fastPath = new FastPath(settings.xdp(), problems);
        formers = new FormerActives(problems);
    }

    /**
     * Takes these services over, as far as they want and may be forwarded in the kernel, and returns once the data path knows.
     * The first call also starts the engine.
     */
    public synchronized void configure(List<KernelService> services) {
        boolean atStart = !started;
        CompletableFuture.runAsync(() -> take(services, atStart), thread).join();
        if (!started) {
            started = true;
            var unused = thread.scheduleWithFixedDelay(this::step, stepMillis, stepMillis, TimeUnit.MILLISECONDS);
        }
    }

    /** Takes over at once what has become of the backends. */
    public void refresh() {
        try {
            thread.execute(() -> guarded(this::takeStates));
        } catch (RejectedExecutionException closed) {
            // Nothing is left to be told.
        }
    }

    /** Which engine forwards each service, by its name. */
    public Map<String, EngineDecision> decisions() {
        return decisions;
    }

    /** How often what has happened in the data path, as of some tenths of a second ago. */
    public Map<FlowEvent, Long> events() {
        return events;
    }

    /** How long each backend takes, as of some seconds ago; only of those of which anything was measured. */
    public Map<BackendKey, Latency> latencies() {
        return latencies;
    }

    /** How far the source ports of services of mode full_nat are taken, by name of the service, as of some seconds ago. */
    public Map<String, PortUse> ports() {
        return ports;
    }

    /** By interface, in words, whether tc forwards alone or XDP before it, and why not. */
    public Map<String, String> interfaces() {
        return fastPath.interfaces();
    }

    /** The address is about to be this node's: packets to it count from now on. Never waits for anything but the kernel. */
    public void holds(IpAddress address) {
        guarded(() -> gates.open(address));
    }

    /** The address is no longer this node's. */
    public void lets(IpAddress address) {
        guarded(() -> gates.shut(address));
    }

    /** Has what backends say to clients unknown here go on to the node that was Active before. Waits for nothing but the kernel. */
    public Detours detours() {
        return formers;
    }

    /**
     * Asks the data path what it would do with a flow of a client; nothing comes of it.
     *
     * @param question without a port of the client many are tried
     * @param states in which state a backend is, in a word such as {@code draining}
     * @return the story; empty if no service is forwarded in the kernel, or none has been since the daemon started. Completes
     *     exceptionally with an {@link IOException} that has the reason if the data path cannot be asked
     */
    public CompletableFuture<Optional<FlowStory>> explain(FlowQuestion question, Function<BackendKey, String> states) {
        CompletableFuture<Optional<FlowStory>> answer = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                try {
                    answer.complete(tell(question, new FlowTeller(states)));
                } catch (KernelException e) {
                    answer.completeExceptionally(new IOException(e.getMessage(), e));
                } catch (IOException | RuntimeException e) {
                    answer.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException closed) {
            answer.complete(Optional.empty());
        }
        return answer;
    }

    private Optional<FlowStory> tell(FlowQuestion question, FlowTeller teller) throws IOException, KernelException {
        FlowProgram loaded = program;
        ForwardingModel present = model;
        if (loaded == null || present == null) {
            return Optional.empty();
        }
        FlowTrial asked = trial;
        if (asked == null) {
            asked = loaded.trial();
            trial = asked;
        }
        FlowInquiry inquiry = new FlowInquiry(loaded, asked, present);
        if (question.hasPort()) {
            return Optional.of(teller.tell(inquiry.ask(question.flow())));
        }
        List<FlowAnswer> answers = new ArrayList<>();
        for (FlowTuple flow : question.samples()) {
            FlowAnswer answer = inquiry.ask(flow);
            if (answer.known() == null) {
                answers.add(answer);
            }
        }
        return Optional.of(
                answers.isEmpty()
                        ? teller.tell(inquiry.ask(question.samples().getFirst()))
                        : teller.tellSpread(answers));
    }

    private void take(List<KernelService> services, boolean atStart) {
        Map<String, EngineDecision> made = decide(services);
        asked = services;
        chosen = services.stream()
                .filter(service ->
                        made.getOrDefault(service.config().name(), NOT_ASKED).kernel())
                .toList();
        try {
            forward(atStart);
        } catch (IOException | KernelException e) {
            String reason = "the kernel engine is not available: " + e.getMessage();
            chosen.forEach(service -> made.put(service.config().name(), new EngineDecision(false, reason)));
            problems.accept(reason);
            withdraw();
        }
        decisions = made;
        states.forwardedElsewhere(made.entrySet().stream()
                .filter(decision -> decision.getValue().kernel())
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet()));
    }

    /** Has the data path forward the services that were chosen. */
    private void forward(boolean atStart) throws IOException, KernelException {
        ForwardingModel present = model;
        if (present == null) {
            if (chosen.isEmpty()) {
                source.unload();
                return;
            }
            present = open();
        }
        // First, so that no service is forwarded for a moment whose packets do not all come by.
        Set<InterfaceName> interfaces = present.interfaces(chosen);
        attach(interfaces);
        present.configure(chosen, states.backends());
        if (atStart) {
            accelerate(interfaces);
        }
        walk(present);
    }

    /** What the data path could not take in as a whole it is not to forward in part, beside the proxy engine. Its live flows go on. */
    private void withdraw() {
        ForwardingModel present = model;
        if (present == null) {
            return;
        }
        try {
            present.configure(List.of(), states.backends());
        } catch (KernelException e) {
            problems.accept("kernel engine: " + e.getMessage());
        }
    }

    private static final EngineDecision NOT_ASKED = new EngineDecision(false, "");

    private Map<String, EngineDecision> decide(List<KernelService> services) {
        Suitability suitability = new Suitability(settings, services);
        AutoChoice auto = new AutoChoice(settings);
        Map<String, EngineDecision> made = new HashMap<>();
        for (KernelService service : services) {
            switch (service.wish()) {
                case PROXY -> {}
                case AUTO -> {
                    if (auto.isOffered()) {
                        Optional<String> objection = auto.objection(service).or(() -> suitability.objection(service));
                        made.put(service.config().name(), decision("engine: auto", objection));
                    }
                }
                case KERNEL ->
                    made.put(service.config().name(), decision("engine: kernel", suitability.objection(service)));
            }
        }
        return made;
    }

    private static EngineDecision decision(String wish, Optional<String> objection) {
        return objection
                .map(reason -> new EngineDecision(false, reason))
                .orElseGet(() -> new EngineDecision(true, wish));
    }

    private ForwardingModel open() throws IOException, KernelException {
        FlowProgram opened = source.open();
        try {
            ForwardingModel made = new ForwardingModel(settings, opened);
            gates.connect(opened, made.gates());
            formers.connect(opened);
            program = opened;
            model = made;
            return made;
        } catch (KernelException e) {
            opened.close();
            throw e;
        }
    }

    private void step() {
        step++;
        guarded(() -> {
            takeStates();
            ForwardingModel present = model;
            if (present == null) {
                return;
            }
            if (step % STEPS_BETWEEN_LOOKS == 0) {
                look(present);
            }
            if (step % STEPS_BETWEEN_MEASURES == 0) {
                takeLatencies(present);
                present.countEmbryos();
            }
            if (step % STEPS_BETWEEN_WALKS == 0 || isAwaited(present)) {
                walk(present);
            }
            // Last, as nothing waits for it: neither a change of the tables nor the count of flows.
            present.measureNew();
        });
    }

    private void takeStates() throws KernelException {
        ForwardingModel present = model;
        if (present != null) {
            present.refresh(states.backends());
        }
    }

    /** Whether somebody waits for the flows of a backend to end, or to be counted. */
    private static boolean isAwaited(ForwardingModel model) {
        for (LiveSlot slot : model.slots()) {
            BackendView view = slot.view();
            if (view == null || view.resetting() || !slot.isCountedAsOf(view) || (!view.serving() && slot.live() > 0)) {
                return true;
            }
        }
        return false;
    }

    private void walk(ForwardingModel present) throws KernelException {
        present.walk(gates::isOpen);
        FlowProgram loaded = program;
        if (loaded != null) {
            events = new EnumMap<>(loaded.events());
        }
        ports = Map.copyOf(present.ports());
        portWatch.look(ports);
        present.newRefusals()
                .forEach((service, refused) ->
                        refused.forEach((reason, count) -> states.refused(service, reason, count)));
        if (step % STEPS_BETWEEN_SWEEPS == 0) {
            present.sweep();
        }
        for (LiveSlot slot : present.slots()) {
            OffloadedFlows report = slot.report();
            states.report(slot.key(), report);
            if (present.giveBackIfDone(slot)) {
                states.release(slot.key());
            }
        }
    }

    private void takeLatencies(ForwardingModel present) throws KernelException {
        present.takeLatencies();
        Map<BackendKey, Latency> measured = new HashMap<>();
        for (LiveSlot slot : present.slots()) {
            Latency latency = slot.latency().latency();
            if (latency != null) {
                measured.put(slot.key(), latency);
            }
        }
        latencies = Map.copyOf(measured);
    }

    private void accelerate(Set<InterfaceName> interfaces) {
        FlowProgram loaded = program;
        if (loaded != null) {
            fastPath.start(loaded, interfaces);
            fastPath.note(interfaces);
        }
    }

    /**
     * Interfaces come and go. All services move to the proxy engine together when one refuses the program, and back when none
     * does any more.
     */
    private void look(ForwardingModel present) throws KernelException {
        Set<InterfaceName> interfaces = present.interfaces(chosen);
        boolean before = refused;
        try {
            attach(interfaces);
        } catch (KernelException e) {
            // Is told, once, below.
        }
        if (refused != before) {
            take(asked, false);
        }
    }

    private void attach(Set<InterfaceName> interfaces) throws KernelException {
        FlowProgram loaded = program;
        if (loaded != null) {
            refused = true;
            for (InterfaceName name : loaded.attach(interfaces)) {
                problems.accept("kernel engine: somebody had taken the filter of Mainstay off " + name
                        + " (tc filter, or its clsact); it is on again");
            }
            refused = false;
            fastPath.note(interfaces);
        }
    }

    private interface Step {
        void run() throws KernelException;
    }

    /** What fails now is tried again at the next step; the same reason is told once. */
    private void guarded(Step action) {
        try {
            action.run();
            lastProblem = "";
        } catch (KernelException | RuntimeException e) {
            String problem = String.valueOf(e instanceof KernelException ? e.getMessage() : e);
            if (!problem.equals(lastProblem)) {
                lastProblem = problem;
                problems.accept("kernel engine: " + problem);
            }
        }
    }

    /** Lets go of the data path, which keeps its flows; addresses that are still held count no more. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(5, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
        guarded(gates::shutAll);
        FlowTrial asked = trial;
        if (asked != null) {
            asked.close();
        }
        FlowProgram loaded = program;
        if (loaded != null) {
            loaded.close();
        }
    }
}
