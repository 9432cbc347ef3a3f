// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.mainstay.config.ConfigChange;
import io.mainstay.config.ConfigProblem;
import io.mainstay.observe.JsonFields;
import java.util.List;

/** The answer to a reload, and the differences of configurations, as JSON, both ways. Stateless; any thread. */
public final class ReloadJson {

    private ReloadJson() {}

    static JsonObject toTree(ReloadOutcome outcome) {
        JsonObject json = new JsonObject();
        json.addProperty("result", outcome.result().name());
        json.addProperty("detail", outcome.detail());
        json.add("problems", problems(outcome.problems()));
        json.add("warnings", problems(outcome.warnings()));
        json.add("changes", changes(outcome.changes()));
        return json;
    }

    /** Mistakes or remarks with their places. */
    public static JsonArray problems(List<ConfigProblem> problems) {
        JsonArray array = new JsonArray();
        for (ConfigProblem problem : problems) {
            JsonObject json = new JsonObject();
            json.addProperty("file", problem.file());
            json.addProperty("line", problem.line());
            json.addProperty("column", problem.column());
            json.addProperty("key", problem.key());
            json.addProperty("message", problem.message());
            array.add(json);
        }
        return array;
    }

    /** Differences between two configurations. */
    public static JsonArray changes(List<ConfigChange> changes) {
        JsonArray array = new JsonArray();
        for (ConfigChange change : changes) {
            JsonObject json = new JsonObject();
            json.addProperty("kind", change.kind().name());
            json.addProperty("path", change.path());
            json.addProperty("before", change.before());
            json.addProperty("after", change.after());
            json.addProperty("needs_restart", change.needsRestart());
            array.add(json);
        }
        return array;
    }

    /**
     * Reads the answer to a reload.
     *
     * @throws JsonParseException if it is not one
     */
    public static ReloadOutcome reloadOutcome(JsonFields json) {
        return new ReloadOutcome(
                json.constant("result", ReloadOutcome.Result.class),
                json.objects("problems").stream().map(ReloadJson::problem).toList(),
                json.objects("warnings").stream().map(ReloadJson::problem).toList(),
                json.objects("changes").stream().map(ReloadJson::change).toList(),
                json.string("detail"));
    }

    private static ConfigProblem problem(JsonFields json) {
        return new ConfigProblem(
                json.string("file"),
                (int) json.number("line"),
                (int) json.number("column"),
                json.string("key"),
                json.string("message"));
    }

    private static ConfigChange change(JsonFields json) {
        return new ConfigChange(
                json.constant("kind", ConfigChange.Kind.class),
                json.string("path"),
                json.string("before"),
                json.string("after"),
                json.bool("needs_restart"));
    }
}
