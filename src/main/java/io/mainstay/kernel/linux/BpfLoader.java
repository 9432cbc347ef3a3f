// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.net.InterfaceName;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** {@code mainstay-bpf}, the program that puts the data path into the kernel and onto interfaces (native/bpf/load.c). */
final class BpfLoader {

    private static final long PATIENCE_SECONDS = 30;

    private final Path program;
    private final Path object;
    private final Path directory;

    /**
     * @param program mainstay-bpf
     * @param object the data path, compiled
     * @param directory where its maps and programs are pinned
     */
    BpfLoader(Path program, Path object, Path directory) {
        this.program = program;
        this.object = object;
        this.directory = directory;
    }

    /** Makes the directory, and mounts the file system that it is in. */
    void prepare() throws IOException {
        run(List.of("prepare", directory.toString()));
    }

    /**
     * Loads what is not loaded yet.
     *
     * @param sizes entries of maps by their names
     * @throws IOException with the reason of the kernel
     */
    void load(Map<String, Integer> sizes) throws IOException {
        List<String> words = new ArrayList<>(List.of("load", object.toString(), directory.toString()));
        sizes.forEach((map, entries) -> words.add(map + "=" + entries));
        run(words);
    }

    /**
     * Pins a second copy of the program, which shares the configuration of the first.
     *
     * @param sizes entries of maps by their names, of those that it does not share
     * @return where it and its maps are pinned
     * @throws IOException with the reason of the kernel
     */
    Path trial(Map<String, Integer> sizes) throws IOException {
        List<String> words = new ArrayList<>(List.of("trial", object.toString(), directory.toString()));
        sizes.forEach((map, entries) -> words.add(map + "=" + entries));
        run(words);
        return directory.resolve("trial");
    }

    /** @throws IOException naming the interface and the reason */
    void attach(Set<InterfaceName> interfaces) throws IOException {
        List<String> words = new ArrayList<>(List.of("attach", directory.toString()));
        interfaces.stream().sorted().map(InterfaceName::value).forEach(words::add);
        run(words);
    }

    /**
     * Has these interfaces run the fast path, and no others.
     *
     * @param fastPath its program, compiled
     * @return for each of them why it does not; empty: it does
     * @throws IOException with the reason of the kernel why none can
     */
    Map<InterfaceName, String> accelerate(Path fastPath, Set<InterfaceName> interfaces) throws IOException {
        List<String> words = new ArrayList<>(List.of("fastpath", fastPath.toString(), directory.toString()));
        interfaces.stream().sorted().map(InterfaceName::value).forEach(words::add);
        Map<InterfaceName, String> objections = new HashMap<>();
        for (String line : run(words).lines().toList()) {
            String[] told = line.split(" ", 3);
            if (told.length < 2 || !InterfaceName.isLegal(told[0])) {
                throw new IOException("mainstay-bpf fastpath: " + line + " (expected: an interface, and what it runs)");
            }
            objections.put(new InterfaceName(told[0]), told.length == 2 ? "" : told[2]);
        }
        return objections;
    }

    /** Takes program, maps and flows out of the kernel. */
    void unload() throws IOException {
        run(List.of("unload", directory.toString()));
    }

    /** What it said. */
    private String run(List<String> arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(program.toString()));
        words.addAll(arguments);
        Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
        try (InputStream output = process.getInputStream()) {
            process.getOutputStream().close();
            // A line or two: nothing waits for room in the pipe.
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(
                        "mainstay-bpf " + arguments.getFirst() + ": no end after " + PATIENCE_SECONDS + "s");
            }
            String said = new String(output.readAllBytes(), StandardCharsets.UTF_8).strip();
            if (process.exitValue() != 0) {
                throw new IOException(said.isEmpty() ? "mainstay-bpf: exit status " + process.exitValue() : said);
            }
            return said;
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("mainstay-bpf " + arguments.getFirst() + ": interrupted", e);
        }
    }
}
