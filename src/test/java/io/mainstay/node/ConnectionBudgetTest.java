// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConnectionBudgetTest {

    private static final long MEBI = 1 << 20;

    @Test
    void theScarcerOfDescriptorsAndMemoryDecides() {
        assertThat(ConnectionBudget.bearable(1024, 256 * MEBI)).isEqualTo(384);
        assertThat(ConnectionBudget.bearable(524_288, 256 * MEBI)).isEqualTo(131_072);
        assertThat(ConnectionBudget.bearable(524_288, 4096 * MEBI)).isEqualTo(245_760);
        assertThat(ConnectionBudget.bearable(100, 256 * MEBI)).isEqualTo(1);
        assertThat(ConnectionBudget.bearable(Long.MAX_VALUE, 256 * MEBI)).isEqualTo(131_072);
    }

    @Test
    void theSoftLimitIsRead() {
        assertThat(ConnectionBudget.descriptors(List.of(
                        "Limit                     Soft Limit           Hard Limit           Units     ",
                        "Max open files            1024                 524288               files     ")))
                .isEqualTo(1024);
        assertThat(ConnectionBudget.descriptors(
                        List.of("Max open files            unlimited            unlimited            files     ")))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(ConnectionBudget.descriptors(List.of())).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void theOperatorMayWantFewerAndNotMore() {
        assertThat(ConnectionBudget.most(10)).isEqualTo(10);
        assertThat(ConnectionBudget.most(Integer.MAX_VALUE)).isEqualTo(ConnectionBudget.most(0));
    }
}
