// SPDX-License-Identifier: Apache-2.0
package io.mainstay.fuzz;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import io.mainstay.config.KeyFile;
import io.mainstay.election.wire.AuthenticationKey;
import io.mainstay.migrate.KeepalivedImport;
import io.mainstay.migrate.Note;
import io.mainstay.migrate.SourceText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The import of keepalived.conf. An input is the text of a file, which includes itself where it includes anything. */
public final class KeepalivedFuzz {

    private static final HostFacts HOST = new HostFacts(
            "lb1",
            Path.of("/run/mainstay"),
            address -> true,
            program -> "",
            path -> new KeyFile.Read(new byte[AuthenticationKey.SHORTEST]));

    private KeepalivedFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.UTF_8);
        SourceText source = new SourceText("keepalived.conf", text);
        KeepalivedImport imported =
                KeepalivedImport.of(source, (pattern, from) -> List.of(source), Optional.of("lb1"), HOST);
        ConfigResult result = ConfigFile.parse(imported.yaml(), "mainstay.yaml", HOST);
        if (!(result instanceof ConfigResult.Valid)) {
            throw new AssertionError("what is written does not pass the check: " + imported.yaml() + result);
        }
        long lines = text.lines().count() + 1;
        for (Note note : imported.notes()) {
            Claims.oneLine(note.toString());
            if (note.origin().line() < 1 || note.origin().line() > lines) {
                throw new AssertionError("a note without place in a text of " + lines + " lines: " + note);
            }
        }
    }
}
