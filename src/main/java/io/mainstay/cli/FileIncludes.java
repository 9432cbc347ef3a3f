// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.migrate.Includes;
import io.mainstay.migrate.SourceText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/** Finds included files on disk. */
final class FileIncludes implements Includes {

    static final int MOST_BYTES = 4 << 20;

    @Override
    public List<SourceText> find(String pattern, String from) {
        try {
            Path whole = Path.of(from).toAbsolutePath().resolveSibling(pattern).normalize();
            Path root = whole.getRoot();
            List<Path> found = root == null ? List.of() : List.of(root);
            for (Path step : whole) {
                found = below(found, step.toString());
            }
            List<SourceText> texts = new ArrayList<>();
            for (Path file :
                    found.stream().filter(Files::isRegularFile).sorted().toList()) {
                texts.add(read(file));
            }
            return texts;
        } catch (IOException | InvalidPathException | PatternSyntaxException e) {
            return List.of();
        }
    }

    /** What is not text any more where it is not UTF-8; keepalived does not care either. */
    static SourceText read(Path file) throws IOException {
        if (Files.size(file) > MOST_BYTES) {
            throw new IOException("more than " + (MOST_BYTES >> 20) + " MiB");
        }
        return new SourceText(file.toString(), new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    }

    private static List<Path> below(List<Path> directories, String step) throws IOException {
        if (!step.matches(".*[*?\\[{].*")) {
            return directories.stream()
                    .map(directory -> directory.resolve(step))
                    .filter(Files::exists)
                    .toList();
        }
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + step);
        List<Path> found = new ArrayList<>();
        for (Path directory : directories.stream().filter(Files::isDirectory).toList()) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                for (Path entry : entries) {
                    String name = entry.getFileName().toString();
                    boolean hidden = name.startsWith(".") && !step.startsWith(".");
                    if (!hidden && matcher.matches(entry.getFileName())) {
                        found.add(entry);
                    }
                }
            }
        }
        return found;
    }
}
