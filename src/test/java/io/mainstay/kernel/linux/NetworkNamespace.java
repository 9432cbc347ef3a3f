// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A network namespace of its own for one thread of this process: what runs by {@link #call} opens its sockets there. It
 * vanishes with the thread.
 */
public final class NetworkNamespace implements AutoCloseable {

    /** What the kernel puts into a new namespace of its own accord when the modules are loaded. */
    private static final Set<String> INNATE_INTERFACES =
            Set.of("lo", "tunl0", "gre0", "gretap0", "erspan0", "ip_vti0", "ip6_vti0", "sit0", "ip6tnl0", "ip6gre0");

    private static final Duration LONGEST_CALL = Duration.ofSeconds(60);

    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(task -> Thread.ofPlatform().unstarted(task));

    public NetworkNamespace() {
        call(() -> {
            TestCalls.enterNewNetworkNamespace();
            ip("link", "set", "lo", "up");
            return "entered";
        });
    }

    /** Refuses to go on if this thread sees a network interface of the host. */
    public static void requirePrivate() {
        assertThat(interfaces())
                .as(
                        "interfaces in sight: a test tagged native changes them, so it runs only where there is none but lo;"
                                + " start Maven by: unshare --net -- mvn test -Dtest.groups=native")
                .isSubsetOf(INNATE_INTERFACES);
    }

    static List<String> interfaces() {
        try (var lines = Files.lines(Path.of("/proc/thread-self/net/dev"))) {
            return lines.skip(2)
                    .map(line -> line.substring(0, line.indexOf(':')).strip())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs ip(8) in the calling thread's namespace and gives its output. */
    public static String ip(String... arguments) {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        return run(command.toArray(String[]::new));
    }

    /** Runs a program in the calling thread's namespace and gives its output; it has to succeed. */
    public static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(LONGEST_CALL))
                    .as("%s ended", String.join(" ", command))
                    .isTrue();
            assertThat(process.exitValue())
                    .as("%s: %s", String.join(" ", command), output)
                    .isZero();
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Writes a sysctl of the calling thread's namespace. */
    static void sysctl(String path, String value) {
        try {
            Files.writeString(Path.of("/proc/sys", path), value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where ip(8) finds the namespace. */
    public String path() {
        return call(() -> Path.of("/proc")
                .resolve(Files.readSymbolicLink(Path.of("/proc/thread-self")))
                .resolve("ns/net")
                .toString());
    }

    public <T> Future<T> start(Callable<T> task) {
        return thread.submit(task);
    }

    public <T> T call(Callable<T> task) {
        return result(start(task));
    }

    static <T> T result(Future<T> future) {
        try {
            return future.get(LONGEST_CALL.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("in the other namespace", causeOf(e));
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private static Throwable causeOf(ExecutionException e) {
        @Nullable Throwable cause = e.getCause();
        return cause == null ? e : cause;
    }

    @Override
    public void close() {
        thread.close();
    }
}
