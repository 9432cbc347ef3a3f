// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.mainstay.config.HostFacts;
import io.mainstay.migrate.KeepalivedImport;
import io.mainstay.migrate.Note;
import io.mainstay.migrate.SourceText;
import io.mainstay.observe.IoProblem;
import io.mainstay.observe.JsonText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code mainstay config import}. */
final class ConfigImportCommand implements CliCommand {

    private static final String OUTPUT = "--output";
    private static final String CONFIG_ID = "--config-id";
    private static final String STANDARD_OUTPUT = "-";
    private static final String DEFAULT_OUTPUT = "mainstay.yaml";

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "import",
                        "Make a mainstay.yaml of a keepalived.conf, and tell of each directive that could not be taken"
                                + " over, or not quite, and why. Asks no daemon and never overwrites a file.",
                        "mainstay config import /etc/keepalived/keepalived.conf",
                        "mainstay config import keepalived.conf --output - --config-id lb1",
                        "mainstay config import keepalived.conf --json | jq '.notes[] | select(.kind == \"NOT_MAPPED\")'")
                .addPositional(Specs.parameter("FILE", true, "The configuration of keepalived."))
                .addOption(OptionSpec.builder("-o", OUTPUT)
                        .paramLabel("FILE")
                        .type(String.class)
                        .description("Where the new configuration is written, - for standard output. Default: "
                                + DEFAULT_OUTPUT + " in the working directory.")
                        .build())
                .addOption(Specs.text(
                        CONFIG_ID,
                        "ID",
                        "What keepalived is started with as --config-id, for lines that are for one host only (@ID)."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        String file = invocation.parameter().orElseThrow();
        KeepalivedImport imported = KeepalivedImport.of(
                read(file), new FileIncludes(), invocation.text(CONFIG_ID), HostFacts.ofThisMachine());
        if (invocation.json()) {
            invocation.out().print(JsonText.pretty(json(imported)));
            return ExitCode.DONE;
        }
        String output = invocation.text(OUTPUT).orElse(DEFAULT_OUTPUT);
        if (output.equals(STANDARD_OUTPUT)) {
            invocation.out().print(imported.yaml());
            imported.notes().forEach(invocation.err()::println);
        } else {
            write(Path.of(output), imported.yaml());
            imported.notes().forEach(invocation.out()::println);
            invocation
                    .out()
                    .println(output + ": " + HumanText.count(imported.virtualRouters(), "virtual router") + ", "
                            + HumanText.count(imported.services(), "service") + "; "
                            + count(imported, Note.Kind.NOT_MAPPED) + ", " + count(imported, Note.Kind.CHANGED) + ", "
                            + count(imported, Note.Kind.NOT_NEEDED));
        }
        return ExitCode.DONE;
    }

    private static String count(KeepalivedImport imported, Note.Kind kind) {
        return imported.notes().stream().filter(note -> note.kind() == kind).count() + " " + kind.words();
    }

    private static SourceText read(String file) {
        try {
            return new SourceText(file, FileIncludes.read(Path.of(file)).text());
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "cannot read " + IoProblem.describe(e));
        }
    }

    /** Not for everybody to read: it may hold a password. */
    private static void write(Path file, String yaml) {
        try (var channel = Files.newByteChannel(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r-----")))) {
            channel.write(ByteBuffer.wrap(yaml.getBytes(StandardCharsets.UTF_8)));
        } catch (FileAlreadyExistsException e) {
            throw new CommandFailure(
                    ExitCode.FAILED,
                    file + ": exists already (expected: no such file; name another by " + OUTPUT + ")");
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "cannot write " + IoProblem.describe(e));
        }
    }

    private static JsonObject json(KeepalivedImport imported) {
        JsonObject json = new JsonObject();
        json.addProperty("yaml", imported.yaml());
        json.addProperty("virtual_routers", imported.virtualRouters());
        json.addProperty("services", imported.services());
        json.add("notes", notes(imported.notes()));
        return json;
    }

    private static JsonArray notes(List<Note> notes) {
        JsonArray array = new JsonArray();
        for (Note note : notes) {
            JsonObject json = new JsonObject();
            json.addProperty("file", note.origin().file());
            json.addProperty("line", note.origin().line());
            json.addProperty("directive", note.directive());
            json.addProperty("kind", note.kind().name());
            json.addProperty("why", note.why());
            array.add(json);
        }
        return array;
    }
}
