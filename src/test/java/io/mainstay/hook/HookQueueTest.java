// SPDX-License-Identifier: Apache-2.0
package io.mainstay.hook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HookQueueTest {

    private static HookCall call(String router, String trigger) {
        return new HookCall(router, trigger, List.of(HookProgram.parse("/hook")), Map.of(), Duration.ofSeconds(1));
    }

    @Test
    void callsComeOutInTheirOrder() {
        HookQueue queue = new HookQueue(3);
        HookCall first = call("web", "on_backup");
        HookCall second = call("db", "on_backup");
        assertThat(queue.add(first)).isEmpty();
        assertThat(queue.add(second)).isEmpty();
        assertThat(queue.poll()).isEqualTo(first);
        assertThat(queue.poll()).isEqualTo(second);
        assertThat(queue.poll()).isNull();
    }

    @Test
    void theOldestOutdatedOneIsLeftOutAndTheLastOfEachRouterNever() {
        HookQueue queue = new HookQueue(3);
        HookCall ofDb = call("db", "on_fault");
        HookCall outdated = call("web", "on_active");
        HookCall later = call("web", "on_backup");
        HookCall last = call("web", "on_fault");
        queue.add(ofDb);
        queue.add(outdated);
        queue.add(later);
        assertThat(queue.add(last)).contains(outdated);
        assertThat(queue.poll()).isEqualTo(ofDb);
        assertThat(queue.poll()).isEqualTo(later);
        assertThat(queue.poll()).isEqualTo(last);
    }
}
