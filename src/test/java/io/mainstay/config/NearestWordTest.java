// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestWordTest {

    private static final List<String> WORDS =
            List.of("priority", "preempt", "preempt_delay", "vrid", "version", "name");

    @Test
    void slipsAreForgiven() {
        assertThat(NearestWord.to("prioritty", WORDS)).contains("priority");
        assertThat(NearestWord.to("nmae", WORDS)).contains("name");
        assertThat(NearestWord.to("VRID", WORDS)).contains("vrid");
        assertThat(NearestWord.to("verison", WORDS)).contains("version");
        assertThat(NearestWord.to("preempt-delay", WORDS)).contains("preempt_delay");
    }

    @Test
    void aWordCutShortIsForgiven() {
        assertThat(NearestWord.to("prio", WORDS)).contains("priority");
    }

    @Test
    void theNearerOfTwoWordsIsTaken() {
        assertThat(NearestWord.to("preemp", WORDS)).contains("preempt");
    }

    @Test
    void aWordThatIsNothingLikeThemHasNoNeighbour() {
        assertThat(NearestWord.to("track", WORDS)).isEmpty();
        assertThat(NearestWord.to("x", WORDS)).isEmpty();
        assertThat(NearestWord.to("", WORDS)).isEmpty();
        assertThat(NearestWord.to("n".repeat(100_000), WORDS)).isEmpty();
    }
}
