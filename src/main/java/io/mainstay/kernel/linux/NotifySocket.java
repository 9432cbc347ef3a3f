// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Supervisor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A supervisor that listens on the socket which the environment names, by the protocol of sd_notify(3). Without one, nobody
 * is told anything.
 */
public final class NotifySocket implements Supervisor {

    private static final String SOCKET_VARIABLE = "NOTIFY_SOCKET";
    private static final String WATCHDOG_VARIABLE = "WATCHDOG_USEC";
    private static final String WATCHDOG_PID_VARIABLE = "WATCHDOG_PID";

    /** Of sun_path in struct sockaddr_un, unix(7). */
    private static final int LONGEST_PATH = 108;

    private static final int PATH_OFFSET = 2;
    private static final long NANOS_PER_MICRO = 1_000;

    private final Optional<byte[]> address;
    private final Optional<Duration> watchdog;

    private NotifySocket(Optional<byte[]> address, Optional<Duration> watchdog) {
        this.address = address;
        this.watchdog = watchdog;
    }

    /** The supervisor of the process with this environment. One that is named wrongly is none. */
    public static Supervisor ofEnvironment(Map<String, String> environment, long pid) {
        String name = environment.getOrDefault(SOCKET_VARIABLE, "");
        byte[] path = name.getBytes(StandardCharsets.UTF_8);
        if (!(name.startsWith("/") || name.startsWith("@")) || path.length >= LONGEST_PATH) {
            return new NotifySocket(Optional.empty(), Optional.empty());
        }
        if (path[0] == '@') {
            path[0] = 0; // the name of an abstract socket begins with a zero octet
        }
        return new NotifySocket(Optional.of(path), watchdog(environment, pid));
    }

    private static Optional<Duration> watchdog(Map<String, String> environment, long pid) {
        String meant = environment.getOrDefault(WATCHDOG_PID_VARIABLE, Long.toString(pid));
        String micros = environment.getOrDefault(WATCHDOG_VARIABLE, "");
        if (!meant.equals(Long.toString(pid)) || !micros.matches("[1-9][0-9]{0,14}")) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofNanos(Long.parseLong(micros) * NANOS_PER_MICRO));
    }

    @Override
    public void tell(String assignments) {
        address.ifPresent(path -> send(path, assignments.getBytes(StandardCharsets.UTF_8)));
    }

    private static void send(byte[] path, byte[] message) {
        int descriptor = LinuxCalls.socket(
                SocketConstants.AF_UNIX,
                SocketConstants.SOCK_DGRAM | SocketConstants.SOCK_CLOEXEC | SocketConstants.SOCK_NONBLOCK,
                0);
        if (descriptor < 0) {
            return;
        }
        // A named socket ends with a zero octet, an abstract one with its last octet.
        int length = PATH_OFFSET + path.length + (path[0] == 0 ? 0 : 1);
        NativeBuffer target = new NativeBuffer(PATH_OFFSET + LONGEST_PATH);
        target.putShort(0, SocketConstants.AF_UNIX);
        target.put(PATH_OFFSET, path);
        LinuxCalls.send(descriptor, NativeBuffer.of(message), message.length, target, length);
        LinuxCalls.close(descriptor);
    }

    @Override
    public Optional<Duration> watchdog() {
        return watchdog;
    }
}
