// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.ConfigChange;
import io.mainstay.config.ConfigDiff;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.EffectiveConfig;
import io.mainstay.config.MainstayConfig;
import io.mainstay.control.ReloadOutcome;
import io.mainstay.forward.kernel.KernelEngine;
import io.mainstay.forward.proxy.ProxyEngine;
import io.mainstay.forward.proxy.ProxyService;
import io.mainstay.forward.proxy.ProxyStartException;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventJournal;
import io.mainstay.observe.Severity;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The configuration in force, and how the file takes its place: as a whole or not at all. Safe for use by several threads;
 * reloads come one after the other.
 */
final class RunningConfig {

    private static final int MOST_TOLD = 100;

    private final ConfigSource source;
    private final ProxyEngine proxy;
    private final KernelEngine kernel;
    private final EventJournal journal;
    private final Consumer<MainstayConfig> applied;
    private volatile InForce inForce;

    /** A configuration with its hash. */
    private record InForce(MainstayConfig config, String hash) {

        static InForce of(MainstayConfig config) {
            return new InForce(config, EffectiveConfig.hash(config));
        }
    }

    /** @param applied takes over whatever else may change in a running daemon; cannot fail */
    RunningConfig(
            ConfigSource source,
            MainstayConfig initial,
            ProxyEngine proxy,
            KernelEngine kernel,
            EventJournal journal,
            Consumer<MainstayConfig> applied) {
        this.source = source;
        this.inForce = InForce.of(initial);
        this.proxy = proxy;
        this.kernel = kernel;
        this.journal = journal;
        this.applied = applied;
    }

    MainstayConfig current() {
        return inForce.config();
    }

    /** The hash of {@link #current}. */
    String hash() {
        return inForce.hash();
    }

    /** The services of a configuration as the engine wants them. */
    static List<ProxyService> services(MainstayConfig config) {
        return config.services().stream()
                .map(settings -> new ProxyService(settings.service(), settings.health(), settings.traffic()))
                .toList();
    }

    /** Takes the file over, if nothing speaks against it, and journals what came of that. */
    synchronized ReloadOutcome reload() {
        ReloadOutcome outcome = switch (source.load()) {
            case ConfigResult.Invalid invalid -> ReloadOutcome.invalid(invalid);
            case ConfigResult.Valid valid -> apply(valid);
        };
        journal.append(draft(outcome));
        outcome.problems()
                .forEach(problem -> journal.append(EventDraft.error("config_mistake", "node", problem.toString())));
        outcome.warnings()
                .forEach(warning -> journal.append(EventDraft.warning("config_warning", "node", warning.toString())));
        return outcome;
    }

    private ReloadOutcome apply(ConfigResult.Valid valid) {
        MainstayConfig before = current();
        MainstayConfig wanted = valid.config();
        if (before.services().equals(wanted.services())
                && ConfigDiff.between(before, wanted).isEmpty()) {
            return outcome(ReloadOutcome.Result.UNCHANGED, valid, before, "");
        }
        // What is told of the change takes time too, and is found out when it is done.
        if (ConfigDiff.needsRestart(before, wanted)) {
            return outcome(ReloadOutcome.Result.NEEDS_RESTART, valid, before, "");
        }
        try {
            proxy.configure(services(wanted));
            kernel.configure(KernelServices.of(wanted));
        } catch (ProxyStartException e) {
            return outcome(ReloadOutcome.Result.FAILED, valid, before, String.valueOf(e.getMessage()));
        }
        applied.accept(wanted);
        inForce = InForce.of(wanted);
        return outcome(ReloadOutcome.Result.APPLIED, valid, before, "");
    }

    private static ReloadOutcome outcome(
            ReloadOutcome.Result result, ConfigResult.Valid valid, MainstayConfig before, String detail) {
        return ReloadOutcome.of(result, valid, ConfigDiff.between(before, valid.config()), detail);
    }

    private EventDraft draft(ReloadOutcome outcome) {
        boolean done = outcome.done();
        String text = switch (outcome.result()) {
            case APPLIED -> "configuration " + hash() + " in force: " + list(outcome.changes());
            case UNCHANGED -> "the configuration is the one in force already";
            case INVALID -> source.file() + " has " + outcome.problems().size() + " mistakes, nothing was changed";
            case NEEDS_RESTART -> "nothing was changed, this needs a restart: " + list(outcome.needingRestart());
            case FAILED -> "nothing was changed: " + outcome.detail();
        };
        return new EventDraft(
                done ? Severity.INFO : Severity.ERROR,
                done ? "config_reloaded" : "config_reload_refused",
                "node",
                text,
                Map.of());
    }

    /** As many as a person reads in one line; all of them are in the outcome. */
    private static String list(List<ConfigChange> changes) {
        String first =
                changes.stream().limit(MOST_TOLD).map(ConfigChange::toString).collect(Collectors.joining("; "));
        return changes.size() > MOST_TOLD ? first + "; and " + (changes.size() - MOST_TOLD) + " more" : first;
    }
}
