// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.mainstay.explain.Story;
import java.time.Duration;
import java.util.List;

/** A story for programs. */
final class StoryJson {

    private StoryJson() {}

    static JsonObject toTree(Story story) {
        JsonObject json = new JsonObject();
        json.addProperty("virtual_router", story.virtualRouter());
        json.addProperty("at", story.at().toString());
        json.addProperty("exact", story.exact());
        json.addProperty("event", story.event());
        json.addProperty("headline", story.headline());
        JsonArray timeline = new JsonArray();
        for (Story.Line line : story.timeline()) {
            JsonObject step = new JsonObject();
            if (!line.node().isEmpty()) {
                step.addProperty("node", line.node());
            }
            step.addProperty("time", line.time().toString());
            step.addProperty("offset_ms", millis(line.offset()));
            step.addProperty("severity", line.severity().name());
            step.addProperty("text", line.text());
            step.addProperty("event", line.event());
            timeline.add(step);
        }
        json.add("timeline", timeline);
        json.add("why", array(story.why()));
        json.add("clients", array(story.clients()));
        story.clientsAtMost().ifPresent(span -> json.addProperty("clients_at_most_ms", millis(span)));
        json.add("remarks", array(story.remarks()));
        JsonArray earlier = new JsonArray();
        for (Story.Earlier move : story.earlier()) {
            JsonObject each = new JsonObject();
            each.addProperty("at", move.at().toString());
            each.addProperty("headline", move.headline());
            earlier.add(each);
        }
        json.add("earlier", earlier);
        return json;
    }

    private static double millis(Duration duration) {
        return Math.round(duration.toNanos() / 1e4) / 100.0;
    }

    private static JsonArray array(List<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }
}
