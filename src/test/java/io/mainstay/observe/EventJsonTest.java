// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParseException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventJsonTest {

    @Test
    void anEventIsOneLineWithItsFieldsInOrder() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("z", "1");
        fields.put("a", "two\nlines");
        Event event = new Event(
                7,
                Instant.parse("2026-11-23T12:00:00.123456Z"),
                Severity.WARNING,
                "transition",
                "web",
                "became Backup",
                fields);
        String line = EventJson.toLine(event);
        assertThat(line)
                .isEqualTo("{\"sequence\":7,\"time\":\"2026-11-23T12:00:00.123456Z\",\"severity\":\"WARNING\","
                        + "\"kind\":\"transition\",\"subject\":\"web\",\"sentence\":\"became Backup\","
                        + "\"fields\":{\"z\":\"1\",\"a\":\"two\\nlines\"}}");
        assertThat(EventJson.fromLine(line)).isEqualTo(event);
        assertThat(EventJson.fromLine(line).fields().keySet()).containsExactly("z", "a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "7",
                "null",
                "{}",
                "{\"sequence\":\"x\",\"time\":\"2026-11-23T12:00:00Z\",\"severity\":\"INFO\",\"kind\":\"\","
                        + "\"subject\":\"\",\"sentence\":\"\",\"fields\":{}}",
                "{\"sequence\":1,\"time\":\"yesterday\",\"severity\":\"INFO\",\"kind\":\"\","
                        + "\"subject\":\"\",\"sentence\":\"\",\"fields\":{}}",
                "{\"sequence\":1,\"time\":\"2026-11-23T12:00:00Z\",\"severity\":\"LOUD\",\"kind\":\"\","
                        + "\"subject\":\"\",\"sentence\":\"\",\"fields\":{}}",
                "{\"sequence\":1,\"time\":\"2026-11-23T12:00:00Z\",\"severity\":\"INFO\",\"kind\":\"\","
                        + "\"subject\":\"\",\"sentence\":\"\",\"fields\":{\"a\":[]}}"
            })
    void anythingElseIsNoEvent(String line) {
        assertThatThrownBy(() -> EventJson.fromLine(line)).isInstanceOf(JsonParseException.class);
    }
}
