// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor.host;

import io.mainstay.doctor.Host;
import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.kernel.LinkState;
import io.mainstay.kernel.linux.LinuxKernel;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.VirtualAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The host and network namespace that this program runs in. */
public final class ThisHost implements Host {

    private static final long PATIENCE_SECONDS = 10;
    private static final int CONNECT_MILLIS = 2000;
    private static final List<Path> DIRECTORIES = Stream.of(
                    shipped().toString(), "/usr/sbin", "/sbin", "/usr/bin", "/bin")
            .map(Path::of)
            .toList();

    private final @Nullable LinuxKernel kernel;

    /** @param kernel null if it cannot be opened */
    public ThisHost(@Nullable LinuxKernel kernel) {
        this.kernel = kernel;
    }

    /** Where the programs are that belong to this one: beside the runtime that it runs on. */
    private static Path shipped() {
        return Path.of(System.getProperty("java.home", "/usr/lib/mainstay/runtime"))
                .resolveSibling("bin");
    }

    @Override
    public Optional<String> read(String path) {
        try {
            return Optional.of(new String(Files.readAllBytes(Path.of(path)), StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<String> linkTarget(String path) {
        try {
            return Optional.of(Files.readSymbolicLink(Path.of(path)).toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<String> list(String path) {
        try (Stream<Path> entries = Files.list(Path.of(path))) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    @Override
    public ProgramResult run(List<String> words) {
        Optional<Path> program = DIRECTORIES.stream()
                .map(directory -> directory.resolve(words.getFirst()))
                .filter(Files::isExecutable)
                .findFirst();
        if (program.isEmpty()) {
            return new ProgramResult.Missing();
        }
        try {
            return run(program.get(), words.subList(1, words.size()));
        } catch (IOException e) {
            return new ProgramResult.Failed(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new ProgramResult.Failed("interrupted");
        }
    }

    /** Its output goes through a file, so that a program that hangs, or prints without end, holds nothing up. */
    private static ProgramResult run(Path program, List<String> arguments) throws IOException, InterruptedException {
        Path output = Files.createTempFile("mainstay-doctor", ".out");
        Process process = null;
        try {
            process = new ProcessBuilder(Stream.concat(Stream.of(program.toString()), arguments.stream())
                            .toList())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                return new ProgramResult.Failed("it did not end within " + PATIENCE_SECONDS + " s");
            }
            String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
            return process.exitValue() == 0
                    ? new ProgramResult.Done(text)
                    : new ProgramResult.Failed(text.lines().findFirst().orElse("exit status " + process.exitValue()));
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
            Files.deleteIfExists(output);
        }
    }

    @Override
    public Map<Endpoint, String> refusals(Set<Endpoint> endpoints) {
        Map<Endpoint, String> refusals = new ConcurrentHashMap<>();
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            endpoints.forEach(endpoint -> each.execute(() -> {
                try (Socket socket = new Socket()) {
                    InetAddress address =
                            InetAddress.getByAddress(endpoint.address().octets());
                    socket.connect(new InetSocketAddress(address, endpoint.port()), CONNECT_MILLIS);
                } catch (IOException e) {
                    refusals.put(endpoint, String.valueOf(e.getMessage()));
                }
            }));
        }
        return refusals;
    }

    @Override
    public Optional<LinkState> link(InterfaceName name) throws KernelException {
        return opened().links().find(name);
    }

    @Override
    public Set<VirtualAddress> addresses(InterfaceName name) throws KernelException {
        return opened().addresses().list(name);
    }

    private LinuxKernel opened() throws KernelException {
        if (kernel == null) {
            throw new KernelException("look at the interfaces (needs CAP_NET_RAW)", Errno.EPERM.number());
        }
        return kernel;
    }
}
