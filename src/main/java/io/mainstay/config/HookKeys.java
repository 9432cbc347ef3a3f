// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static java.time.Duration.ofHours;
import static java.time.Duration.ofMillis;

import io.mainstay.hook.HookConfig;
import io.mainstay.hook.HookProgram;
import java.time.Duration;
import java.util.List;

/** The keys of a virtual router that say what runs when its state changes. */
final class HookKeys {

    static final Key.Values<HookProgram> ON_ACTIVE = programs(
            "on_active",
            "When the node has become Active and holds the addresses: programs, each with its arguments behind it, separated"
                    + " by blanks, such as /etc/keepalived/notify.sh INSTANCE web MASTER.");

    static final Key.Values<HookProgram> ON_BACKUP =
            programs("on_backup", "When the node has become Backup, or stops and was Active until then.");

    static final Key.Values<HookProgram> ON_FAULT = programs("on_fault", "When the node cannot take part any more.");

    static final Key.Scalar<Duration> TIMEOUT = Key.optional(
            "timeout",
            ScalarTypes.duration(ofMillis(10), ofHours(1)),
            HookConfig.DEFAULT_TIMEOUT,
            "After which one program is killed, with all that it started.");

    /** In the order in which {@link HookConfig} has them. */
    static final List<Key.Values<HookProgram>> LISTS = List.of(ON_ACTIVE, ON_BACKUP, ON_FAULT);

    static final Key.Section SECTION = new Key.Section(
            "hooks",
            List.of(ON_ACTIVE, ON_BACKUP, ON_FAULT, TIMEOUT),
            "Programs that run when the state changes, all hooks of the node in order and one at a time. They cannot hold up"
                    + " a takeover. docs/tracking.md has their environment variables.");

    private HookKeys() {}

    private static Key.Values<HookProgram> programs(String name, String doc) {
        return new Key.Values<>(name, program(), 0, 32, true, doc);
    }

    private static ScalarType<HookProgram> program() {
        return new ScalarType<>(
                "an absolute path, and arguments if it has any",
                ScalarType.Form.TEXT,
                HookProgram::parse,
                HookProgram::toString);
    }

    /** The hooks of a virtual router in which no mistake was found. */
    static HookConfig read(WrittenSection router) {
        WrittenSection hooks = router.section(SECTION);
        return new HookConfig(
                ConfigBuilder.all(hooks, ON_ACTIVE),
                ConfigBuilder.all(hooks, ON_BACKUP),
                ConfigBuilder.all(hooks, ON_FAULT),
                ConfigBuilder.get(hooks, TIMEOUT));
    }

    /** Puts the hooks below the given virtual router. */
    static void write(HookConfig hooks, EffectiveConfig.Tree router) {
        router.putTree(
                SECTION,
                new EffectiveConfig.Tree()
                        .putAll(ON_ACTIVE, hooks.onActive())
                        .putAll(ON_BACKUP, hooks.onBackup())
                        .putAll(ON_FAULT, hooks.onFault())
                        .put(TIMEOUT, hooks.timeout()));
    }
}
