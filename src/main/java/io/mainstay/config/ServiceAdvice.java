// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.BalanceKeys.Hash;
import io.mainstay.config.Schema.Backend;
import io.mainstay.config.Schema.Service;
import io.mainstay.config.WrittenSection.Item;
import io.mainstay.forward.Balance;
import io.mainstay.forward.HashConfig;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.forward.PanicConfig.MinHealthy;
import io.mainstay.health.OutlierConfig;
import io.mainstay.net.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Services that are legal and known not to work well: each remark says what will happen and what helps. Works on what could
 * be read.
 */
final class ServiceAdvice {

    /** Linux sends a lost SYN again after a second (RFC 6298), so a shorter check cannot outlive one lost packet. */
    private static final Duration SYN_SENT_AGAIN = Duration.ofSeconds(1);

    /** Below this pause a single failure is no sign of anything. */
    private static final Duration OFTEN = Duration.ofSeconds(5);

    /** Longer than people wait for a page. */
    private static final Duration SLOW_TO_NOTICE = Duration.ofMinutes(1);

    private final Problems problems;

    ServiceAdvice(Problems problems) {
        this.problems = problems;
    }

    void give(WrittenSection service) {
        CheckKeys.of(service).forEach(this::onPace);
        CheckKeys.of(service).forEach(check -> onTransport(service, check));
        onDrain(service);
        onBackends(service);
        onBalance(service);
        onOutliers(service);
    }

    /** Without a secret the choice follows from the connection's addresses and ports by what everybody can compute. */
    void giveOnSecret(WrittenSection root) {
        String secret = root.section(KernelKeys.Engine.SECTION).value(KernelKeys.Engine.SECRET);
        if (secret == null || !secret.isEmpty()) {
            return;
        }
        root.entries(Service.ENTRIES).stream()
                .filter(service -> service.value(KernelKeys.ENGINE) == EngineChoice.KERNEL)
                .findFirst()
                .ifPresent(service -> remark(
                        service,
                        KernelKeys.ENGINE,
                        "kernel, and kernel_engine.secret is not set; clients who choose their ports can aim all of their"
                                + " connections at one backend or one source port, and a line that both nodes share and"
                                + " nobody else knows prevents that"));
    }

    private void remark(WrittenSection section, Key key, String remark) {
        problems.warn(section.placeOf(key), section.pathOf(key), remark);
    }

    private void onPace(WrittenSection check) {
        Duration interval = check.value(CheckKeys.INTERVAL);
        Duration timeout = check.value(CheckKeys.TIMEOUT);
        Integer failures = check.value(CheckKeys.FAILURES);
        if (interval == null || timeout == null || failures == null) {
            return;
        }
        if (failures == 1 && (interval.compareTo(OFTEN) < 0 || timeout.compareTo(SYN_SENT_AGAIN) <= 0)) {
            remark(
                    check,
                    CheckKeys.FAILURES,
                    "1 with an interval of " + Durations.format(interval) + " and a timeout of "
                            + Durations.format(timeout)
                            + "; one lost packet takes a healthy backend out, 2 or 3 failures ride it out");
        }
        Duration fast = check.value(CheckKeys.FAST_INTERVAL);
        Duration noticed = interval.plus(timeout)
                .plus(Objects.requireNonNullElse(fast, interval).multipliedBy(failures - 1L));
        if (noticed.compareTo(SLOW_TO_NOTICE) > 0) {
            remark(
                    check,
                    CheckKeys.INTERVAL,
                    "a dead backend may get clients for " + Durations.format(noticed)
                            + "; a fast_interval such as 1s shortens that without more checks in good times");
        }
    }

    /** A server of datagrams alone refuses every connection. */
    private void onTransport(WrittenSection service, WrittenSection check) {
        List<Item<ListenerConfig>> listeners = service.items(Service.LISTEN);
        boolean datagrams = !listeners.isEmpty()
                && listeners.stream().allMatch(item -> item.value().transport() == Transport.UDP);
        CheckType type = check.value(CheckKeys.TYPE);
        if (datagrams && type == CheckType.TCP && !check.has(CheckKeys.PORT)) {
            remark(
                    check,
                    CheckKeys.TYPE,
                    "tcp, though the service listens on UDP alone; a server that has no TCP on that port will never be"
                            + " healthy, and type udp or dns asks what clients ask");
        }
    }

    private void onDrain(WrittenSection service) {
        Duration timeout = service.value(Service.DRAIN_TIMEOUT);
        if (timeout != null && timeout.isZero()) {
            remark(
                    service,
                    Service.DRAIN_TIMEOUT,
                    "0s; draining a backend, or taking it out of this file, resets its connections at once");
        }
    }

    private void onBackends(WrittenSection service) {
        List<WrittenSection> backends = service.entries(Backend.ENTRIES);
        long regular = backends.stream().filter(ServiceAdvice::isRegular).count();
        if (backends.isEmpty()) {
            return;
        }
        if (backends.stream().allMatch(backend -> isTrue(backend.value(Backend.BACKUP)))) {
            remark(service, Backend.ENTRIES, "every backend is a backup; the service is in panic all the time");
            return;
        }
        MinHealthy least = service.value(BalanceKeys.MIN_HEALTHY);
        if (least != null && !least.percent() && least.amount() > regular && regular > 0) {
            remark(
                    service,
                    BalanceKeys.MIN_HEALTHY,
                    least.amount() + ", and only " + regular
                            + " backends serve in good times (backups and those of weight 0 apart); the service is in"
                            + " panic all the time");
        }
    }

    private static boolean isRegular(WrittenSection backend) {
        Integer weight = backend.value(Backend.WEIGHT);
        return !isTrue(backend.value(Backend.BACKUP)) && (weight == null || weight > 0);
    }

    private static boolean isTrue(@Nullable Boolean value) {
        return value != null && value;
    }

    private void onBalance(WrittenSection service) {
        Balance balance = service.value(BalanceKeys.BALANCE);
        List<WrittenSection> backends = service.entries(Backend.ENTRIES);
        if (balance == null || backends.size() < 2) {
            return;
        }
        WrittenSection hash = service.section(Hash.SECTION);
        Integer bound = hash.value(Hash.MAX_LOAD);
        boolean hashed = balance == Balance.SOURCE_HASH || balance == Balance.MAGLEV;
        if (hashed && hash.value(Hash.KEY) == HashConfig.Key.SOURCE && bound != null && bound == 0) {
            remark(
                    service,
                    BalanceKeys.BALANCE,
                    "only the client's address decides; with few clients, or many behind one address, a backend may get"
                            + " most of the load, and hash.max_load such as 125% bounds that");
        }
        if (balance == Balance.FIRST) {
            boolean bounded = backends.stream().anyMatch(ServiceAdvice::hasLimit);
            if (!bounded) {
                remark(
                        service,
                        BalanceKeys.BALANCE,
                        "first, and no backend has max_connections; the first one gets every client");
            }
            Duration slowStart = service.value(BalanceKeys.SLOW_START);
            if (slowStart != null && !slowStart.isZero()) {
                remark(service, BalanceKeys.SLOW_START, "has no effect: balance is first, which knows no shares");
            }
        }
    }

    private static boolean hasLimit(WrittenSection backend) {
        Integer most = backend.value(Backend.MAX_CONNECTIONS);
        return most != null && most > 0;
    }

    private void onOutliers(WrittenSection service) {
        WrittenSection outlier = service.section(OutlierKeys.SECTION);
        Integer failures = outlier.value(OutlierKeys.CONSECUTIVE_FAILURES);
        Integer percent = outlier.value(OutlierKeys.MAX_EJECTED);
        int backends = service.entries(Backend.ENTRIES).size();
        if (failures == null || failures == 0 || percent == null || backends == 0) {
            return;
        }
        OutlierConfig config = new OutlierConfig(failures, Duration.ofSeconds(1), percent, false);
        if (config.mostEjected(backends) == 0) {
            remark(
                    outlier,
                    OutlierKeys.CONSECUTIVE_FAILURES,
                    "has no effect: " + percent + "% of " + backends + " backend" + (backends == 1 ? "" : "s")
                            + " is less than one");
        }
    }
}
