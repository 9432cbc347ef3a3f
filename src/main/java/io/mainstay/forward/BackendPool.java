// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.forward.PersistenceConfig.WhenFull;
import io.mainstay.net.Endpoint;
import io.mainstay.time.MonotonicInstant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The backends of one service and the choice among them. Not safe for use by several threads; a choice allocates next to
 * nothing and takes time in proportion to the number of backends.
 *
 * @param <B> what the owner calls a backend
 */
public final class BackendPool<B> {

    private final long seed;
    private SelectionConfig config;
    private ClientHash clientHash;
    private BalanceRule<B> rule;
    private @Nullable PersistenceTable<B> persistence;
    private final List<Candidate<B>> candidates = new ArrayList<>();
    private Tier tier = Tier.NONE;
    private PoolHealth health = new PoolHealth(0, 1);
    private boolean membersChanged;
    private boolean idle;
    private boolean growing;

    /** @param seed starts the random numbers of a rule that needs some */
    public BackendPool(SelectionConfig config, long seed) {
        this.seed = seed;
        this.config = config;
        clientHash = new ClientHash(config.hash());
        rule = rule(config, seed);
        persistence = config.persistence().map(PersistenceTable<B>::new).orElse(null);
    }

    private static <B> BalanceRule<B> rule(SelectionConfig config, long seed) {
        SipHash hash = SipHash.ofSeed(config.hash().seed());
        LoadBound bound = new LoadBound(config.hash().maxLoadPercent());
        return switch (config.balance()) {
            case ROUND_ROBIN -> new RoundRobin<>();
            case LEAST_CONN -> new LeastConn<>();
            case RANDOM_TWO -> new RandomTwo<>(seed);
            case SOURCE_HASH -> new SourceHash<>(hash, bound);
            case MAGLEV -> new Maglev<>(hash, bound);
            case LEAST_LATENCY -> new LeastLatency<>();
            case FIRST -> new First<>();
        };
    }

    /**
     * Chooses in another way from now on. Clients keep their backends, unless they are to be recognised in another way or not
     * at all; a share that grows goes on growing as it began.
     */
    public void configure(SelectionConfig newConfig) {
        if (newConfig.balance() != config.balance() || !newConfig.hash().equals(config.hash())) {
            clientHash = new ClientHash(newConfig.hash());
            rule = rule(newConfig, seed);
            membersChanged = true;
        }
        PersistenceTable<B> present = persistence;
        persistence = newConfig
                .persistence()
                .map(wanted -> present == null ? new PersistenceTable<B>(wanted) : present.as(wanted))
                .orElse(null);
        config = newConfig;
        chooseTier();
    }

    /** Takes other settings of a backend over; its name stays. */
    public void configure(Candidate<B> candidate, BackendConfig newConfig) {
        candidate.configure(newConfig);
        membersChanged = true;
        chooseTier();
    }

    /** Adds a backend, of which nothing is known yet. */
    public Candidate<B> add(B backend, BackendConfig backendConfig) {
        Candidate<B> candidate = new Candidate<>(backend, backendConfig);
        candidates.add(candidate);
        membersChanged = true;
        return candidate;
    }

    /** Takes a backend out. Its connections go on counting, for nobody, and no client keeps it any more. */
    public void remove(Candidate<B> candidate) {
        if (candidates.remove(candidate)) {
            membersChanged = true;
            candidate.setMember(false);
            if (persistence != null) {
                persistence.forget(candidate);
            }
            candidate.setInTier(false);
            chooseTier();
        }
    }

    /** Chooses among these alone from now on, in this order; each was added before. */
    public void setMembers(List<Candidate<B>> members) {
        if (!candidates.equals(members)) {
            for (Candidate<B> candidate : List.copyOf(candidates)) {
                if (!members.contains(candidate)) {
                    remove(candidate);
                }
            }
            candidates.clear();
            candidates.addAll(members);
            candidates.forEach(candidate -> candidate.setMember(true));
            membersChanged = true;
            chooseTier();
        }
    }

    /** Takes in what is known of a backend now. */
    public void setStanding(Candidate<B> candidate, Standing standing) {
        candidate.setStanding(standing);
        chooseTier();
    }

    /** Lets the share of a backend that is back grow from little, if that is configured. */
    public void startSlowly(Candidate<B> candidate, MonotonicInstant now) {
        if (!config.slowStart().isZero()) {
            candidate.startSlowly(new SlowStart(now, config.slowStart()));
            growing = true;
        }
    }

    /**
     * Takes in what a backend asks for by itself; never more than the configuration gives it.
     *
     * @param percent how much of its share it wants, 0 to 100
     * @param limit how many connections it wants at the same time; 0: as many as configured
     */
    public void setWanted(Candidate<B> candidate, int percent, int limit) {
        candidate.setWanted(percent, limit);
        chooseTier();
    }

    /** Which backends get new connections. */
    public Tier tier() {
        return tier;
    }

    /** Whether there are enough backends. */
    public PoolHealth health() {
        return health;
    }

    /** Connections of all backends, serving or not. */
    public int active() {
        int sum = 0;
        for (int i = 0; i < candidates.size(); i++) {
            sum += candidates.get(i).active();
        }
        return sum;
    }

    /** The clients that are to keep their backends, if they are to at all. */
    public Optional<PersistenceTable<B>> persistence() {
        return Optional.ofNullable(persistence);
    }

    /**
     * Chooses a backend for a new connection. The caller reports the connection by {@link Candidate#connectionStarted}.
     *
     * @param client who connects
     * @param tried those that this connection has tried in vain; none of them is chosen while another may be
     * @return null if no backend gets new connections, or all that do are full
     */
    public @Nullable Candidate<B> choose(Endpoint client, MonotonicInstant now, Collection<Candidate<B>> tried) {
        prepare(now);
        if (persistence == null) {
            return balance(client, now, tried);
        }
        Candidate<B> kept = persistence.find(client.address(), now);
        if (kept != null && !tried.contains(kept) && mayKeep(kept)) {
            if (kept.hasRoom()) {
                persistence.remember(client.address(), kept, now);
                return kept;
            }
            if (clientsWaitForTheirBackends()) {
                return null;
            }
        }
        Candidate<B> chosen = balance(client, now, tried);
        if (chosen != null) {
            persistence.remember(client.address(), chosen, now);
        }
        return chosen;
    }

    /** Whether one client may find a backend full although there is one for another client. */
    public boolean clientsWaitForTheirBackends() {
        return config.persistence().isPresent() && config.persistence().get().whenFull() == WhenFull.WAIT;
    }

    /** Whether there are clients that may come back to a backend although it is being drained. */
    public boolean mayReturnTo(Candidate<B> draining, MonotonicInstant now) {
        return persistence != null && persistence.staysDuringDrain() && persistence.isKept(draining, now);
    }

    private boolean mayKeep(Candidate<B> kept) {
        return kept.isServing() || (kept.isFinishing() && persistence != null && persistence.staysDuringDrain());
    }

    /**
     * Says whether hardly any client will come. Nothing is made ready for one then, nor kept so, as that takes time and memory for
     * each of many pools; whoever comes all the same waits for it.
     */
    public void setIdle(boolean nowIdle, MonotonicInstant now) {
        if (nowIdle == idle) {
            return;
        }
        idle = nowIdle;
        if (idle) {
            rule.onMembers(List.of());
            membersChanged = true;
        } else {
            prepare(now);
        }
    }

    /** Makes ready what takes a moment, so that no connection has to wait for it, unless hardly any is to come. */
    public void makeReady(MonotonicInstant now) {
        if (!idle) {
            prepare(now);
        }
    }

    private void prepare(MonotonicInstant now) {
        if (membersChanged) {
            membersChanged = false;
            rule.onMembers(candidates);
        }
        if (growing) {
            growing = false;
            for (int i = 0; i < candidates.size(); i++) {
                growing |= candidates.get(i).grow(now);
            }
        }
    }

    private @Nullable Candidate<B> balance(Endpoint client, MonotonicInstant now, Collection<Candidate<B>> tried) {
        long hash = config.balance().isHashed() ? clientHash.of(client) : 0;
        if (tried.isEmpty()) {
            return rule.choose(candidates, hash, now);
        }
        tried.forEach(candidate -> candidate.leftOut = true);
        Candidate<B> other = rule.choose(candidates, hash, now);
        tried.forEach(candidate -> candidate.leftOut = false);
        return other == null ? rule.choose(candidates, hash, now) : other;
    }

    private void chooseTier() {
        int wanted = 0;
        int healthy = 0;
        int healthyBackups = 0;
        for (Candidate<B> candidate : candidates) {
            boolean isHealthy = candidate.standing() == Standing.HEALTHY && candidate.effectiveWeight() > 0;
            boolean isWanted = isHealthy || candidate.standing() == Standing.FAILING;
            if (candidate.isBackup()) {
                healthyBackups += isHealthy ? 1 : 0;
            } else {
                healthy += isHealthy ? 1 : 0;
                wanted += isWanted ? 1 : 0;
            }
        }
        health = new PoolHealth(healthy, config.panic().minHealthy().of(wanted));
        tier = tier(wanted, healthyBackups);
        for (Candidate<B> candidate : candidates) {
            candidate.setInTier(isIn(tier, candidate));
        }
    }

    private Tier tier(int wanted, int healthyBackups) {
        if (health.isEnough()) {
            return Tier.HEALTHY;
        }
        return switch (config.panic().onPanic()) {
            case FAIL -> Tier.NONE;
            case BACKUP -> healthyBackups > 0 ? Tier.BACKUP : health.healthy() > 0 ? Tier.HEALTHY : Tier.NONE;
            case ALL -> healthyBackups > 0 ? Tier.BACKUP : wanted > 0 ? Tier.ALL : Tier.NONE;
        };
    }

    private static boolean isIn(Tier tier, Candidate<?> candidate) {
        boolean healthy = candidate.standing() == Standing.HEALTHY;
        return switch (tier) {
            case HEALTHY -> healthy && !candidate.isBackup();
            case BACKUP -> healthy && candidate.isBackup();
            case ALL -> (healthy || candidate.standing() == Standing.FAILING) && !candidate.isBackup();
            case NONE -> false;
        };
    }
}
