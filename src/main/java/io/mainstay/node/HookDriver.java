// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.MainstayConfig;
import io.mainstay.config.VirtualRouterSettings;
import io.mainstay.hook.HookCall;
import io.mainstay.hook.HookConfig;
import io.mainstay.hook.HookProgram;
import io.mainstay.hook.HookQueue;
import io.mainstay.kernel.Command;
import io.mainstay.kernel.CommandResult;
import io.mainstay.kernel.Commands;
import io.mainstay.net.VirtualAddress;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventJournal;
import io.mainstay.observe.Severity;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Runs the hooks of the node: in the order of the changes of state, one program at a time.
 *
 * <p>Threads: {@link #onTransition} and {@link #onServing} belong to the election thread and never wait; the programs run
 * on the thread of this driver. {@link #configure} may be called from any.
 */
final class HookDriver implements ElectionListener, AutoCloseable {

    private static final Duration LONGEST_FAREWELL = Duration.ofSeconds(10);

    private static final int MOST_WAITING = 64;

    private final String node;
    private final Duration farewell;
    private volatile Map<String, VirtualRouterSettings> settings;
    private final Commands commands;
    private final Consumer<EventDraft> journal;
    private final LinkedBlockingQueue<Optional<HookCall>> inbox = new LinkedBlockingQueue<>();
    private final HookQueue queue;
    private final Thread thread;

    /** Calls for Actives that do not hold their addresses yet. Belongs to the election thread. */
    private final Map<String, HookCall> untilServing = new HashMap<>();

    /** @param farewell how long a stop waits for the hooks that are still to run */
    HookDriver(MainstayConfig config, Commands commands, Consumer<EventDraft> journal, Duration farewell) {
        node = config.node().name();
        this.farewell = farewell;
        settings = settings(config);
        this.commands = commands;
        this.journal = journal;
        queue = new HookQueue(Math.max(MOST_WAITING, 2 * settings.size()));
        thread = Thread.ofPlatform().name("hooks").daemon().unstarted(this::run);
    }

    static HookDriver start(MainstayConfig config, Commands commands, EventJournal journal) {
        HookDriver driver = new HookDriver(config, commands, journal::append, LONGEST_FAREWELL);
        driver.start();
        return driver;
    }

    void start() {
        thread.start();
    }

    private static Map<String, VirtualRouterSettings> settings(MainstayConfig config) {
        return config.virtualRouters().stream()
                .collect(Collectors.toUnmodifiableMap(each -> each.router().name(), Function.identity()));
    }

    /** Runs these hooks from the next change of state on. */
    void configure(MainstayConfig config) {
        settings = settings(config);
    }

    @Override
    public void onTransition(RouterTransition transition) {
        VirtualRouterSettings router = settings.get(transition.router());
        if (router == null || transition.from().equals(transition.to())) {
            return;
        }
        untilServing.remove(transition.router());
        HookConfig hooks = router.hooks();
        switch (transition.to()) {
            case "ACTIVE" ->
                untilServing.put(transition.router(), call(router, "on_active", hooks.onActive(), transition));
            case "BACKUP" -> inbox.add(Optional.of(call(router, "on_backup", hooks.onBackup(), transition)));
            case "FAULT" -> inbox.add(Optional.of(call(router, "on_fault", hooks.onFault(), transition)));
            default -> {
                if (transition.from().equals("ACTIVE")) {
                    inbox.add(Optional.of(call(router, "on_backup", hooks.onBackup(), transition)));
                }
            }
        }
    }

    @Override
    public void onServing(String router) {
        HookCall call = untilServing.remove(router);
        if (call != null) {
            inbox.add(Optional.of(call));
        }
    }

    @Override
    public void onNotice(RouterNotice notice) {}

    private HookCall call(
            VirtualRouterSettings router, String trigger, List<HookProgram> programs, RouterTransition transition) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("MAINSTAY_NODE", node);
        environment.put("MAINSTAY_VIRTUAL_ROUTER", transition.router());
        environment.put("MAINSTAY_VRID", transition.vrid().toString());
        environment.put("MAINSTAY_INTERFACE", transition.interfaceName().value());
        environment.put("MAINSTAY_STATE", transition.to());
        environment.put("MAINSTAY_PREVIOUS_STATE", transition.from());
        environment.put("MAINSTAY_REASON", transition.cause().reason().label());
        environment.put("MAINSTAY_PRIORITY", transition.effectivePriority().toString());
        environment.put(
                "MAINSTAY_ADDRESSES",
                router.router().addresses().stream()
                        .map(VirtualAddress::toString)
                        .collect(Collectors.joining(" ")));
        router.syncGroup().ifPresent(group -> environment.put("MAINSTAY_SYNC_GROUP", group));
        return new HookCall(
                transition.router(),
                trigger,
                programs,
                environment,
                router.hooks().timeout());
    }

    /** Runs calls until it is told to end, and then those that wait. */
    private void run() {
        boolean open = true;
        try {
            while (open) {
                open = take(inbox.take());
                Optional<HookCall> more;
                while ((more = inbox.poll()) != null) {
                    open &= take(more);
                }
                runOneCall();
                while (open && inbox.isEmpty() && runOneCall()) {
                    // The next call is looked for in between, as it may outdate one that waits.
                }
            }
            while (runOneCall()) {
                // Nothing is added any more.
            }
        } catch (InterruptedException e) {
            // The node ends and has waited long enough.
        }
    }

    /** Whether it was not the word to end. */
    private boolean take(Optional<HookCall> call) {
        call.filter(each -> !each.programs().isEmpty())
                .flatMap(queue::add)
                .ifPresent(leftOut -> journal.accept(EventDraft.warning(
                        "hook_left_out",
                        leftOut.router(),
                        leftOut.trigger() + " was left out: too many hooks wait, and the state has changed again")));
        return call.isPresent();
    }

    private boolean runOneCall() {
        HookCall call = queue.poll();
        if (call == null) {
            return false;
        }
        for (HookProgram program : call.programs()) {
            if (Thread.currentThread().isInterrupted()) {
                // To begin what cannot end would be worse than to leave it out.
                return false;
            }
            CommandResult result = commands.run(new Command(program.words(), call.environment(), call.timeout()));
            journal.accept(draft(call, program, result));
        }
        return true;
    }

    static EventDraft draft(HookCall call, HookProgram program, CommandResult result) {
        EventDraft draft = new EventDraft(
                        result.isSuccess() ? Severity.INFO : Severity.WARNING,
                        "hook",
                        call.router(),
                        call.trigger() + " " + program + ": " + result.sentence() + ", after "
                                + result.duration().toMillis() + "ms",
                        Map.of())
                .with("trigger", call.trigger())
                .with("program", program.toString())
                .with("duration_ms", result.duration().toMillis());
        return result instanceof CommandResult.Ended ended ? draft.with("status", ended.status()) : draft;
    }

    boolean isEnded() {
        return !thread.isAlive();
    }

    /** Lets the hooks that wait run, for a while; then it ends the one under way, and those that are left are not begun. */
    @Override
    public void close() {
        inbox.add(Optional.empty());
        try {
            if (!thread.join(farewell)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
