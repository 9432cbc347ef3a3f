// SPDX-License-Identifier: Apache-2.0
package io.mainstay.hook;

import java.time.Duration;
import java.util.List;

/**
 * The hooks of one virtual router.
 *
 * @param onActive programs that run one after the other when the node is Active and holds the addresses
 * @param onBackup those that run when it becomes Backup, or stops and was Active until then
 * @param onFault those that run when it cannot take part any more
 * @param timeout after which one of them is ended, with all that it started
 */
public record HookConfig(
        List<HookProgram> onActive, List<HookProgram> onBackup, List<HookProgram> onFault, Duration timeout) {

    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(30);

    /** No hooks. */
    public static final HookConfig NONE = new HookConfig(List.of(), List.of(), List.of(), DEFAULT_TIMEOUT);

    public HookConfig {
        onActive = List.copyOf(onActive);
        onBackup = List.copyOf(onBackup);
        onFault = List.copyOf(onFault);
    }

    /** Whether there is a hook at all. */
    public boolean isEmpty() {
        return onActive.isEmpty() && onBackup.isEmpty() && onFault.isEmpty();
    }
}
