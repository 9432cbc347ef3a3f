// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.Endpoint;
import io.mainstay.net.Ipv4Address;
import io.mainstay.time.MonotonicInstant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A pool of backends a, b, c … that are healthy unless a test says otherwise, and a clock that stands. */
final class PoolBench {

    private static final long ANY_SEED = 4711;

    private final BackendPool<String> pool;
    private final List<Candidate<String>> candidates = new ArrayList<>();
    private MonotonicInstant now = new MonotonicInstant(Long.MAX_VALUE - 1_000);

    PoolBench(SelectionConfig config) {
        this(config, ANY_SEED);
    }

    PoolBench(SelectionConfig config, long seed) {
        pool = new BackendPool<>(config, seed);
    }

    static PoolBench of(Balance balance, int... weights) {
        return new PoolBench(SelectionConfig.of(balance)).with(weights);
    }

    /** Adds healthy backends. */
    PoolBench with(int... weights) {
        for (int weight : weights) {
            add(weight, 0, false);
        }
        return this;
    }

    Candidate<String> add(int weight, int maxConnections, boolean backup) {
        return add(nameOf(candidates.size()), weight, maxConnections, backup);
    }

    Candidate<String> add(String name, int weight, int maxConnections, boolean backup) {
        Candidate<String> candidate = pool.add(
                name, new BackendConfig(name, Endpoint.parse("198.18.0.1:80"), weight, maxConnections, backup));
        candidates.add(candidate);
        pool.setStanding(candidate, Standing.HEALTHY);
        return candidate;
    }

    private static String nameOf(int index) {
        return index < 26 ? String.valueOf((char) ('a' + index)) : "n" + index;
    }

    BackendPool<String> pool() {
        return pool;
    }

    List<Candidate<String>> candidates() {
        return candidates;
    }

    Candidate<String> candidate(int index) {
        return candidates.get(index);
    }

    MonotonicInstant now() {
        return now;
    }

    void pass(Duration duration) {
        now = now.plus(duration);
    }

    void standing(int index, Standing standing) {
        pool.setStanding(candidates.get(index), standing);
    }

    /** The client with a number, on a port of its own. */
    static Endpoint client(int number) {
        return new Endpoint(new Ipv4Address(0xC6120000 + number), 1024 + Math.floorMod(number, 60_000));
    }

    @Nullable
    Candidate<String> tryToChoose(Endpoint client) {
        return pool.choose(client, now, List.of());
    }

    Candidate<String> choose() {
        return choose(client(0));
    }

    Candidate<String> choose(Endpoint client) {
        return choose(client, List.of());
    }

    Candidate<String> choose(Endpoint client, List<Candidate<String>> tried) {
        Candidate<String> chosen = pool.choose(client, now, tried);
        if (chosen == null) {
            throw new AssertionError("nothing chosen");
        }
        return chosen;
    }

    /** Chooses, and starts a connection there. */
    Candidate<String> connect(Endpoint client) {
        Candidate<String> chosen = choose(client);
        chosen.connectionStarted();
        return chosen;
    }

    String sequence(int length) {
        StringBuilder chosen = new StringBuilder();
        for (int i = 0; i < length; i++) {
            chosen.append(choose().backend());
        }
        return chosen.toString();
    }

    /** How often each backend is chosen by as many clients, one after the other and none of them staying. */
    Map<String, Integer> count(int clients) {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < clients; i++) {
            counts.merge(choose(client(i)).backend(), 1, Integer::sum);
        }
        return counts;
    }

    /** Where each of so many clients goes. */
    List<String> assignment(int clients) {
        List<String> backends = new ArrayList<>(clients);
        for (int i = 0; i < clients; i++) {
            backends.add(choose(client(i)).backend());
        }
        return backends;
    }
}
