// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import java.io.StringReader;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/** Text to YAML nodes with their places. Builds no objects, and bounds what a hostile text can cost. */
final class YamlText {

    private static final int DEEPEST_NESTING = 20;
    private static final int MOST_ALIASES = 50;

    /** The schema says what a value is, never its looks; to guess at a number or a time in each costs more than to read it. */
    private static final class Untyped extends Resolver {

        @Override
        public Tag resolve(NodeId kind, String value, boolean implicit) {
            return switch (kind) {
                case NodeId.scalar, NodeId.anchor -> Tag.STR;
                case NodeId.sequence -> Tag.SEQ;
                case NodeId.mapping -> Tag.MAP;
            };
        }
    }

    private YamlText() {}

    /** The root node; null, after a report, if the text is not one YAML document with something in it. */
    static @Nullable Node parse(String text, Problems problems) {
        String yaml = text.startsWith("\uFEFF") ? text.substring(1) : text;
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(ConfigFile.LARGEST_BYTES);
        options.setNestingDepthLimit(DEEPEST_NESTING);
        options.setMaxAliasesForCollections(MOST_ALIASES);
        try {
            Node root = new Composer(
                            new ParserImpl(new StreamReader(new StringReader(yaml)), options), new Untyped(), options)
                    .getSingleNode();
            if (root == null) {
                problems.errorOfFile("empty (expected: a configuration)");
            }
            return root;
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark() != null ? e.getProblemMark() : e.getContextMark();
            Place place = mark == null ? new Place(1, 1) : Place.of(mark);
            problems.error(place, "", "not YAML: " + sentence(e));
        } catch (ReaderException e) {
            int offset = yaml.offsetByCodePoints(0, Math.min(e.getPosition(), yaml.codePointCount(0, yaml.length())));
            problems.error(
                    Place.behind(yaml.substring(0, offset)),
                    "",
                    "not YAML: the character U+%04X (expected: printable characters)".formatted(e.getCodePoint()));
        } catch (YAMLException e) {
            problems.errorOfFile("not YAML: " + Problems.shown(String.valueOf(e.getMessage())));
        }
        return null;
    }

    private static String sentence(MarkedYAMLException e) {
        String problem = String.valueOf(e.getProblem());
        String context = e.getContext();
        return Problems.shown(context == null || context.isBlank() ? problem : problem + ", " + context);
    }
}
