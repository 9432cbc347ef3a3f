// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.kernel;

import io.mainstay.forward.BackendStates;
import io.mainstay.forward.BackendView;
import io.mainstay.forward.OffloadedFlows;
import io.mainstay.kernel.FlowEvent;
import io.mainstay.kernel.FlowProgram;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.IpAddress;
import java.io.IOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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

    private final KernelSettings settings;
    private final BackendStates states;
    private final FlowProgramSource source;
    private final Consumer<String> problems;
    private final Gates gates = new Gates();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "mainstay-flows");
        made.setDaemon(true);
        return made;
    });

    private volatile Map<String, EngineDecision> decisions = Map.of();
    private volatile Map<FlowEvent, Long> events = Map.of();
    private volatile String lastProblem = "";

    private boolean started;

    // Below: of the thread alone.
    private @Nullable FlowProgram program;
    private @Nullable ForwardingModel model;
    private long step;

    /** @param problems is told, for people, what went wrong and will be tried again */
    public KernelEngine(
            KernelSettings settings, BackendStates states, FlowProgramSource source, Consumer<String> problems) {
        this.settings = settings;
        this.states = states;
        this.source = source;
        this.problems = problems;
    }

    /**
     * Takes these services over, as far as they want and may be forwarded in the kernel, and returns once the data path knows.
     * The first call also starts the engine.
     */
    public synchronized void configure(List<KernelService> services) {
        CompletableFuture.runAsync(() -> take(services), thread).join();
        if (!started) {
            started = true;
            var unused = thread.scheduleWithFixedDelay(this::step, STEP_MILLIS, STEP_MILLIS, TimeUnit.MILLISECONDS);
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

    /** The address is about to be this node's: packets to it count from now on. Never waits for anything but the kernel. */
    public void holds(IpAddress address) {
        guarded(() -> gates.open(address));
    }

    /** The address is no longer this node's. */
    public void lets(IpAddress address) {
        guarded(() -> gates.shut(address));
    }

    private void take(List<KernelService> services) {
        Map<String, EngineDecision> made = decide(services);
        List<KernelService> chosen = services.stream()
                .filter(service ->
                        made.getOrDefault(service.config().name(), NOT_ASKED).kernel())
                .toList();
        ForwardingModel present = model;
        try {
            if (present == null) {
                if (chosen.isEmpty()) {
                    source.unload();
                    decisions = made;
                    return;
                }
                present = open();
            }
            present.configure(chosen, states.backends());
            attach(present);
            walk(present);
        } catch (IOException | KernelException e) {
            String reason = "the kernel engine is not available: " + e.getMessage();
            chosen.forEach(service -> made.put(service.config().name(), new EngineDecision(false, reason)));
            problems.accept(reason);
        }
        decisions = made;
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
                attach(present);
            }
            if (step % STEPS_BETWEEN_WALKS == 0 || isAwaited(present)) {
                walk(present);
            }
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
        for (LiveSlot slot : present.slots()) {
            OffloadedFlows report = slot.report();
            states.report(slot.key(), report);
            if (present.giveBackIfDone(slot)) {
                states.release(slot.key());
            }
        }
    }

    private void attach(ForwardingModel present) throws KernelException {
        FlowProgram loaded = program;
        if (loaded != null) {
            loaded.attach(present.interfaces());
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
        FlowProgram loaded = program;
        if (loaded != null) {
            loaded.close();
        }
    }
}
