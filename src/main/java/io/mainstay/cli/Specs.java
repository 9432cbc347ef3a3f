// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.config.Durations;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.TypeConversionException;

/** The building blocks from which commands describe themselves. */
final class Specs {

    private Specs() {}

    static CommandSpec command(CliCommand command, String name, String description, String... examples) {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(command).name(name);
        String[] footer = new String[examples.length + 2];
        footer[0] = "";
        footer[1] = examples.length == 1 ? "Example:" : "Examples:";
        for (int i = 0; i < examples.length; i++) {
            footer[i + 2] = "  " + examples[i];
        }
        // The header is what the list of commands shows; the command's own help leaves it out.
        spec.usageMessage()
                .header(firstSentence(description))
                .description("", description, "")
                .footer(footer)
                .synopsisHeading("Usage: ")
                .parameterListHeading("Parameters:%n")
                .optionListHeading("Options:%n")
                .commandListHeading("%nCommands:%n");
        return spec;
    }

    private static String firstSentence(String text) {
        int end = text.indexOf(". ");
        return end < 0 ? text : text.substring(0, end + 1);
    }

    static OptionSpec flag(String name, String description) {
        return OptionSpec.builder(name)
                .type(boolean.class)
                .description(description)
                .build();
    }

    /** An option with a duration, written as in the configuration. */
    static OptionSpec duration(String name, String description) {
        return OptionSpec.builder(name)
                .paramLabel("DURATION")
                .type(Duration.class)
                .converters(new DurationConverter())
                .description(description)
                .build();
    }

    static OptionSpec number(String name, String description) {
        return OptionSpec.builder(name)
                .paramLabel("NUMBER")
                .type(Long.class)
                .description(description)
                .build();
    }

    static OptionSpec text(String name, String label, String description) {
        return OptionSpec.builder(name)
                .paramLabel(label)
                .type(String.class)
                .description(description)
                .build();
    }

    /** The parameter behind the one that {@link #parameter} makes; required like it. */
    static PositionalParamSpec secondParameter(String label, String description) {
        return PositionalParamSpec.builder()
                .index("1")
                .arity("1")
                .required(true)
                .paramLabel(label)
                .type(String.class)
                .description(description)
                .build();
    }

    /** An option that may be given more than once. */
    static OptionSpec texts(String name, String label, String description) {
        return OptionSpec.builder(name)
                .paramLabel(label)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .description(description)
                .build();
    }

    /** The first parameter of a command. */
    static PositionalParamSpec parameter(String label, boolean required, String description) {
        return PositionalParamSpec.builder()
                .index("0")
                .arity(required ? "1" : "0..1")
                .required(required)
                .paramLabel(label)
                .type(String.class)
                .description(description)
                .build();
    }

    /** Reads the durations of the command line. */
    private static final class DurationConverter implements ITypeConverter<Duration> {

        @Override
        public Duration convert(String text) {
            try {
                return Durations.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(text + " (expected: such as 250ms, 10s, 1m or 1h)");
            }
        }
    }
}
