// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import static io.mainstay.observe.ProductVersion.Age.ANOTHER;
import static io.mainstay.observe.ProductVersion.Age.NEWER;
import static io.mainstay.observe.ProductVersion.Age.OLDER;
import static io.mainstay.observe.ProductVersion.Age.SAME;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import org.junit.jupiter.api.Test;

class ProductVersionTest {

    private static final String JANUARY = "2026-01-31T23:59:59Z";
    private static final String FEBRUARY = "2026-02-01T00:00:00Z";

    private static ProductVersion version(String number, String time) {
        return new ProductVersion(number, "of " + time, time);
    }

    @Test
    void theNumberTellsTheAge() {
        assertThat(version("0.9.1", FEBRUARY).beside(version("0.10.0", JANUARY)))
                .isEqualTo(OLDER);
        assertThat(version("0.10.0", JANUARY).beside(version("0.9.1", FEBRUARY)))
                .isEqualTo(NEWER);
        assertThat(version("1.0.0-SNAPSHOT", FEBRUARY).beside(version("1.0.0", JANUARY)))
                .isEqualTo(OLDER);
    }

    @Test
    void beforeTheReleaseTheTimeDoes() {
        ProductVersion earlier = version("1.0.0-SNAPSHOT", JANUARY);
        ProductVersion later = version("1.0.0-SNAPSHOT", FEBRUARY);
        assertThat(earlier.beside(later)).isEqualTo(OLDER);
        assertThat(later.beside(earlier)).isEqualTo(NEWER);
        assertThat(later.beside(version("1.0.0-SNAPSHOT", FEBRUARY))).isEqualTo(SAME);
    }

    @Test
    void whatIsNotKnownTellsNoAge() {
        ProductVersion silent = new ProductVersion("1.0.0", "unknown", "unknown");
        assertThat(silent.beside(version("1.0.0", JANUARY))).isEqualTo(ANOTHER);
        assertThat(version("1.0.0", JANUARY).beside(silent)).isEqualTo(ANOTHER);
        assertThat(new ProductVersion("unknown", "unknown", "unknown").beside(silent))
                .isEqualTo(ANOTHER);
        assertThat(silent).hasToString("1.0.0");
    }

    @Test
    void itIsReadAsItWasWritten() {
        JsonObject json = new JsonObject();
        ProductVersion version = version("1.0.0", JANUARY);
        version.addTo(json);
        assertThat(ProductVersion.fromFields(JsonFields.of(json))).isEqualTo(version);
    }
}
