// SPDX-License-Identifier: Apache-2.0
package io.mainstay.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StatusJsonTest {

    /** What the first daemons did not tell. */
    private static final Set<String> ADDED_LATER = Set.of("commit", "source_time");

    private final JsonObject json = StatusJson.toTree(SampleStatus.snapshot());

    @Test
    void theFieldNamesAreThoseThatScriptsRelyOn() {
        assertThat(json.keySet()).contains("node", "version", "config_hash", "virtual_routers", "services");
        assertThat(json.getAsJsonArray("virtual_routers")
                        .get(0)
                        .getAsJsonObject()
                        .keySet())
                .contains(
                        "name",
                        "vrid",
                        "interface",
                        "state",
                        "effective_priority",
                        "addresses",
                        "active_address",
                        "since",
                        "transitions");
        JsonObject service = json.getAsJsonArray("services").get(0).getAsJsonObject();
        assertThat(service.keySet())
                .contains(
                        "name",
                        "listen",
                        "engine",
                        "state",
                        "connections_active",
                        "connections_total",
                        "bytes_in",
                        "bytes_out",
                        "packets_in",
                        "packets_out",
                        "backends");
        assertThat(service.getAsJsonArray("backends").get(0).getAsJsonObject().keySet())
                .contains(
                        "name",
                        "address",
                        "state",
                        "weight",
                        "connections_active",
                        "connections_total",
                        "bytes_in",
                        "bytes_out",
                        "packets_in",
                        "packets_out",
                        "last_check");
    }

    @Test
    void aSnapshotReadsBackAsItWas() {
        assertThat(StatusJson.fromTree(JsonFields.of(json))).isEqualTo(SampleStatus.snapshot());
        assertThat(StatusJson.fromTree(JsonFields.parse(JsonText.pretty(json)))).isEqualTo(SampleStatus.snapshot());
    }

    @Test
    void whatIsUnknownIsWrittenAsNull() {
        assertThat(json.getAsJsonArray("virtual_routers")
                        .get(1)
                        .getAsJsonObject()
                        .get("active_address")
                        .isJsonNull())
                .isTrue();
        assertThat(json.getAsJsonArray("services")
                        .get(1)
                        .getAsJsonObject()
                        .get("packets_in")
                        .isJsonNull())
                .as("the relay sees no packets")
                .isTrue();
    }

    @Test
    void aFieldThatANewerVersionAddsIsPassedOver() {
        json.addProperty("news", 1);
        assertThat(StatusJson.fromTree(JsonFields.of(json))).isEqualTo(SampleStatus.snapshot());
    }

    @Test
    void aFieldThatIsMissingOrWrongIsNamed() {
        for (String name : Set.copyOf(json.keySet())) {
            if (!ADDED_LATER.contains(name)) {
                JsonObject without = json.deepCopy();
                without.remove(name);
                assertThatThrownBy(() -> StatusJson.fromTree(JsonFields.of(without)))
                        .isInstanceOf(JsonParseException.class)
                        .hasMessage(name + " is missing");
            }
            JsonObject wrong = json.deepCopy();
            wrong.add(name, JsonParser.parseString("[[]]"));
            assertThatThrownBy(() -> StatusJson.fromTree(JsonFields.of(wrong))).isInstanceOf(JsonParseException.class);
        }
    }

    @Test
    void prettyJsonIsTheSameJson() {
        String text = "{\"a\":[1,2.5,{\"b\":null}],\"c\":true,\"d\":\"x\\n\\\"é\"}";
        String pretty = JsonText.pretty(JsonParser.parseString(text));
        assertThat(JsonParser.parseString(pretty)).isEqualTo(JsonParser.parseString(text));
        assertThat(pretty).startsWith("{\n  \"a\": [\n    1,").endsWith("}\n");
    }

    @Test
    void aDaemonThatDoesNotTellItsCommitIsRead() {
        JsonObject json = StatusJson.toTree(SampleStatus.snapshot());
        json.remove("commit");
        json.remove("source_time");
        assertThat(StatusJson.fromTree(JsonFields.of(json)).version())
                .isEqualTo(new ProductVersion("0.1.0", "unknown", "unknown"));
    }

    @Test
    void theBuildKnowsItsVersion() {
        assertThat(ProductVersion.current().number()).matches("[0-9]+\\.[0-9]+\\.[0-9]+(-SNAPSHOT)?");
    }
}
