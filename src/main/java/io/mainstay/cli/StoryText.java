// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.explain.Story;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;

/** A story for people. */
final class StoryText {

    private static final int WIDTH = 100;
    private static final String INDENT = "  ";
    private static final int OFFSET_WIDTH = 8;

    private final PrintWriter out;
    private final boolean colours;
    private final ZoneId zone;

    /** @param zone in which times are told */
    StoryText(PrintWriter out, boolean colours, ZoneId zone) {
        this.out = out;
        this.colours = colours;
        this.zone = zone;
    }

    void print(Story story) {
        String when = story.exact() ? " at " : ", some time after ";
        out.println(HumanText.printable(day(story.at()) + when + clock(story.at()) + ": " + story.headline()));
        heading("What happened");
        int nodeWidth = story.timeline().stream()
                .mapToInt(line -> line.node().length())
                .max()
                .orElse(0);
        story.timeline().forEach(line -> step(line, nodeWidth));
        paragraphs("Why", story.why());
        paragraphs("What clients could notice", story.clients());
        paragraphs("Also", story.remarks());
        if (!story.earlier().isEmpty()) {
            heading("Before that (--back N explains the Nth)");
            for (int i = 0; i < story.earlier().size(); i++) {
                Story.Earlier move = story.earlier().get(i);
                wrapped(
                        INDENT + (i + 1) + "  " + day(move.at()) + " " + clock(move.at()) + "  ",
                        HumanText.printable(move.headline()));
            }
        }
    }

    private void step(Story.Line line, int nodeWidth) {
        String node = line.node() + " ".repeat(nodeWidth - line.node().length()) + (nodeWidth > 0 ? "  " : "");
        String margin = INDENT + clock(line.time()) + "  " + rightAligned(offset(line.offset())) + "  "
                + HumanText.printable(node);
        List<String> lines = TextWrap.wrap(HumanText.printable(line.text()), WIDTH - margin.length());
        for (int i = 0; i < lines.size(); i++) {
            String text = (i == 0 ? margin : " ".repeat(margin.length())) + lines.get(i);
            out.println(colours ? Colour.of(line.severity()).paint(text) : text);
        }
    }

    private void heading(String text) {
        out.println();
        out.println(text);
    }

    private void paragraphs(String heading, List<String> texts) {
        if (texts.isEmpty()) {
            return;
        }
        heading(heading);
        texts.forEach(text -> wrapped(INDENT, HumanText.printable(text)));
    }

    private void wrapped(String margin, String text) {
        String next = " ".repeat(margin.length());
        String start = margin;
        for (String line : TextWrap.wrap(text, WIDTH - margin.length())) {
            out.println(start + line);
            start = next;
        }
    }

    private static String rightAligned(String offset) {
        return " ".repeat(Math.max(0, OFFSET_WIDTH - offset.length())) + offset;
    }

    /** With a sign; to a tenth of a millisecond within ten of them, in seconds from ten of those on. */
    private static String offset(Duration offset) {
        String sign = offset.isNegative() ? "-" : "+";
        long tenths = Math.round(Math.abs(offset.toNanos()) / 1e5);
        if (tenths == 0) {
            return "0 ms";
        }
        if (tenths < 100) {
            return sign + tenths / 10 + "." + tenths % 10 + " ms";
        }
        long millis = Math.round(tenths / 10.0);
        if (millis < 10_000) {
            return sign + millis + " ms";
        }
        return sign
                + (millis < 600_000
                        ? millis / 1000 + "." + millis % 1000 / 100 + " s"
                        : HumanText.duration(Duration.ofMillis(millis)));
    }

    private String day(Instant instant) {
        return HumanText.time(instant, zone).substring(0, 10);
    }

    private String clock(Instant instant) {
        return HumanText.time(instant, zone).substring(11);
    }
}
