// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofDays;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMinutes;
import static java.time.Duration.ofSeconds;

import io.mainstay.config.ScalarType.Form;
import io.mainstay.forward.AddressGrouping;
import io.mainstay.forward.Balance;
import io.mainstay.forward.HashConfig;
import io.mainstay.forward.PanicConfig;
import io.mainstay.forward.PanicConfig.MinHealthy;
import io.mainstay.forward.PanicConfig.OnPanic;
import io.mainstay.forward.PersistenceConfig;
import io.mainstay.forward.PersistenceConfig.DuringDrain;
import io.mainstay.forward.PersistenceConfig.WhenFull;
import io.mainstay.forward.SelectionConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The keys of a service by which the backend of a new connection is chosen. */
final class BalanceKeys {

    static final Key.Scalar<Balance> BALANCE = Key.optional(
            "balance",
            ScalarTypes.word(Balance.class),
            Balance.LEAST_CONN,
            "How a backend is chosen for a new connection; docs/balancing.md tells which one suits what.");

    static final Key.Scalar<MinHealthy> MIN_HEALTHY = Key.optional(
            "min_healthy",
            minHealthy(),
            PanicConfig.DEFAULT.minHealthy(),
            "How many healthy backends the service needs, backups apart: a number, or a percentage of those that are"
                    + " neither drained nor in maintenance.");

    static final Key.Scalar<OnPanic> ON_PANIC = Key.optional(
            "on_panic",
            ScalarTypes.word(OnPanic.class),
            PanicConfig.DEFAULT.onPanic(),
            "What is done with fewer: fail refuses new connections; backup gives them to the healthy backups, or to the"
                    + " backends that are left; all gives them to the healthy backups, or to every backend whatever its"
                    + " checks say.");

    static final Key.Scalar<Duration> SLOW_START = Key.optional(
            "slow_start",
            ScalarTypes.durationOrZero("the full share at once", ofSeconds(1), ofHours(1)),
            Duration.ZERO,
            "How long the share of a backend grows, from a tenth, after it has failed, was drained or in maintenance;"
                    + " never when the node starts or takes over.");

    private BalanceKeys() {}

    /** Below {@code hash} of a service. */
    static final class Hash {
        static final Key.Scalar<HashConfig.Key> KEY = Key.optional(
                "key",
                ScalarTypes.word(HashConfig.Key.class),
                HashConfig.DEFAULT.key(),
                "What is hashed: the client's address, so that all of its connections go to one backend, or its address"
                        + " and port.");

        static final Key.Scalar<Integer> IPV4_PREFIX = ipv4Prefix();

        static final Key.Scalar<Integer> IPV6_PREFIX = ipv6Prefix();

        static final Key.Scalar<Integer> MAX_LOAD = Key.optional(
                "max_load",
                maxLoad(),
                HashConfig.DEFAULT.maxLoadPercent(),
                "How many connections a backend may have, in percent of its share, before the clients that would come"
                        + " to it go on to others; none sends them there however many they are.");

        static final Key.Scalar<String> SEED = Key.optional(
                "seed",
                seed(),
                HashConfig.DEFAULT.seed(),
                "Goes into every hash; the same on both nodes, so that they choose alike. With one that clients do not"
                        + " know, nobody can pick addresses that hit a backend of their choice.");

        static final Key.Section SECTION = new Key.Section(
                "hash",
                List.of(KEY, IPV4_PREFIX, IPV6_PREFIX, MAX_LOAD, SEED),
                "What decides with balance: source_hash or maglev.");

        private Hash() {}
    }

    /** Below {@code persistence} of a service. */
    static final class Persistence {

        /** What a client is recognised by. */
        enum Type {
            NONE,
            SOURCE_IP
        }

        static final Key.Scalar<Type> TYPE = Key.optional(
                "type",
                ScalarTypes.word(Type.class),
                Type.NONE,
                "What a client is recognised by: its address, or nothing, so that no client keeps a backend.");

        static final Key.Scalar<Duration> TIMEOUT = Key.optional(
                "timeout",
                ScalarTypes.duration(ofSeconds(1), ofDays(7)),
                ofMinutes(30),
                "How long after the start or the end of its last connection a client is remembered.");

        static final Key.Scalar<Integer> MAX_CLIENTS = Key.optional(
                "max_clients",
                ScalarTypes.integer(1, 1_000_000),
                100_000,
                "How many clients are remembered, about 200 bytes each; for one more, the one that was away for longest"
                        + " is forgotten.");

        static final Key.Scalar<Integer> IPV4_PREFIX = ipv4Prefix();

        static final Key.Scalar<Integer> IPV6_PREFIX = ipv6Prefix();

        static final Key.Scalar<WhenFull> WHEN_FULL = Key.optional(
                "when_full",
                ScalarTypes.word(WhenFull.class),
                WhenFull.OTHER,
                "What becomes of a client whose backend has its max_connections: it gets another one, or it waits as queue"
                        + " allows.");

        static final Key.Scalar<DuringDrain> DURING_DRAIN = Key.optional(
                "during_drain",
                ScalarTypes.word(DuringDrain.class),
                DuringDrain.REFUSE,
                "Whether a client whose backend is being drained may still open connections to it, until the deadline.");

        static final Key.Section SECTION = new Key.Section(
                "persistence",
                List.of(TYPE, TIMEOUT, MAX_CLIENTS, IPV4_PREFIX, IPV6_PREFIX, DURING_DRAIN, WHEN_FULL),
                "How a client keeps the backend that it once got. Each node remembers for itself.");

        private Persistence() {}
    }

    private static Key.Scalar<Integer> ipv4Prefix() {
        return Key.optional(
                "ipv4_prefix",
                ScalarTypes.integer(1, 32),
                AddressGrouping.DEFAULT.ipv4PrefixLength(),
                "IPv4 clients whose addresses agree in so many leading bits count as one.");
    }

    private static Key.Scalar<Integer> ipv6Prefix() {
        return Key.optional(
                "ipv6_prefix",
                ScalarTypes.integer(1, 128),
                AddressGrouping.DEFAULT.ipv6PrefixLength(),
                "The same for IPv6, where a host has many addresses of one network.");
    }

    private static ScalarType<MinHealthy> minHealthy() {
        return new ScalarType<>(
                "1..1024, or 1%..100%",
                Form.TEXT,
                text -> text.endsWith("%")
                        ? new MinHealthy(ScalarTypes.decimal(text.substring(0, text.length() - 1), 1, 100), true)
                        : new MinHealthy(ScalarTypes.decimal(text, 1, 1024), false),
                value -> value.amount() + (value.percent() ? "%" : ""));
    }

    private static ScalarType<Integer> maxLoad() {
        return new ScalarType<>(
                "101%..1000%, or none",
                Form.TEXT,
                text -> {
                    if (text.equals("none")) {
                        return 0;
                    }
                    if (!text.endsWith("%")) {
                        throw new IllegalArgumentException(text);
                    }
                    return ScalarTypes.decimal(text.substring(0, text.length() - 1), 101, 1000);
                },
                value -> value == 0 ? "none" : value + "%");
    }

    private static ScalarType<String> seed() {
        Pattern printable = Pattern.compile("[\\x20-\\x7E]{0,64}");
        return new ScalarType<>(
                "at most 64 printable characters",
                Form.TEXT,
                text -> {
                    if (!printable.matcher(text).matches()) {
                        throw new IllegalArgumentException(text);
                    }
                    return text;
                },
                value -> value);
    }

    /** The selection of a service in which no mistake was found. */
    static SelectionConfig read(WrittenSection service) {
        WrittenSection hash = service.section(Hash.SECTION);
        WrittenSection persistence = service.section(Persistence.SECTION);
        return new SelectionConfig(
                ConfigBuilder.get(service, BALANCE),
                new HashConfig(
                        ConfigBuilder.get(hash, Hash.KEY),
                        new AddressGrouping(
                                ConfigBuilder.get(hash, Hash.IPV4_PREFIX), ConfigBuilder.get(hash, Hash.IPV6_PREFIX)),
                        ConfigBuilder.get(hash, Hash.MAX_LOAD),
                        ConfigBuilder.get(hash, Hash.SEED)),
                new PanicConfig(ConfigBuilder.get(service, MIN_HEALTHY), ConfigBuilder.get(service, ON_PANIC)),
                ConfigBuilder.get(service, SLOW_START),
                ConfigBuilder.get(persistence, Persistence.TYPE) == Persistence.Type.NONE
                        ? Optional.empty()
                        : Optional.of(persistence(persistence)));
    }

    /** Writes the selection of a service out. */
    static void write(SelectionConfig selection, EffectiveConfig.Tree service) {
        HashConfig hash = selection.hash();
        service.put(BALANCE, selection.balance())
                .putTree(
                        Hash.SECTION,
                        new EffectiveConfig.Tree()
                                .put(Hash.KEY, hash.key())
                                .put(Hash.IPV4_PREFIX, hash.grouping().ipv4PrefixLength())
                                .put(Hash.IPV6_PREFIX, hash.grouping().ipv6PrefixLength())
                                .put(Hash.MAX_LOAD, hash.maxLoadPercent())
                                .put(Hash.SEED, hash.seed()))
                .put(MIN_HEALTHY, selection.panic().minHealthy())
                .put(ON_PANIC, selection.panic().onPanic())
                .put(SLOW_START, selection.slowStart())
                .putTree(
                        Persistence.SECTION,
                        selection
                                .persistence()
                                .map(BalanceKeys::tree)
                                .orElseGet(
                                        () -> new EffectiveConfig.Tree().put(Persistence.TYPE, Persistence.Type.NONE)));
    }

    private static EffectiveConfig.Tree tree(PersistenceConfig persistence) {
        return new EffectiveConfig.Tree()
                .put(Persistence.TYPE, Persistence.Type.SOURCE_IP)
                .put(Persistence.TIMEOUT, persistence.timeout())
                .put(Persistence.MAX_CLIENTS, persistence.maxClients())
                .put(Persistence.IPV4_PREFIX, persistence.grouping().ipv4PrefixLength())
                .put(Persistence.IPV6_PREFIX, persistence.grouping().ipv6PrefixLength())
                .put(Persistence.DURING_DRAIN, persistence.duringDrain())
                .put(Persistence.WHEN_FULL, persistence.whenFull());
    }

    private static PersistenceConfig persistence(WrittenSection section) {
        return new PersistenceConfig(
                new AddressGrouping(
                        ConfigBuilder.get(section, Persistence.IPV4_PREFIX),
                        ConfigBuilder.get(section, Persistence.IPV6_PREFIX)),
                ConfigBuilder.get(section, Persistence.TIMEOUT),
                ConfigBuilder.get(section, Persistence.MAX_CLIENTS),
                ConfigBuilder.get(section, Persistence.DURING_DRAIN),
                ConfigBuilder.get(section, Persistence.WHEN_FULL));
    }
}
