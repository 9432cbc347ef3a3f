// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.net.IpAddress;
import java.io.IOException;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What defaults and warnings depend on besides the file.
 *
 * @param hostname default of {@code node.name}
 * @param runDirectory where the control socket stands unless configured
 * @param ownAddress whether an address stands on an interface of this machine; asked only for a listen address that is
 *     not a virtual one
 * @param unexecutable why the program of a path cannot be executed; empty if it can, or if that cannot be told
 * @param keyFile what stands in the key file of a path
 */
public record HostFacts(
        String hostname,
        Path runDirectory,
        Predicate<IpAddress> ownAddress,
        Function<String, String> unexecutable,
        Function<String, KeyFile> keyFile) {

    /** Where the package lets the daemon keep its socket. */
    public static final Path DEFAULT_RUN_DIRECTORY = Path.of("/run/mainstay");

    private static final Path HOSTNAME = Path.of("/proc/sys/kernel/hostname");

    /** With the key files of this machine. */
    public HostFacts(
            String hostname,
            Path runDirectory,
            Predicate<IpAddress> ownAddress,
            Function<String, String> unexecutable) {
        this(hostname, runDirectory, ownAddress, unexecutable, path -> KeyFile.read(Path.of(path)));
    }

    /** The facts of the machine and network namespace this runs in. */
    public static HostFacts ofThisMachine() {
        return new HostFacts(
                readHostname(), DEFAULT_RUN_DIRECTORY, HostFacts::standsOnAnInterface, HostFacts::unexecutable);
    }

    public HostFacts withRunDirectory(Path directory) {
        return new HostFacts(hostname, directory, ownAddress, unexecutable, keyFile);
    }

    private static String readHostname() {
        try {
            return Files.readString(HOSTNAME).strip();
        } catch (IOException e) {
            return "localhost";
        }
    }

    private static String unexecutable(String program) {
        Path path = Path.of(program);
        if (Files.notExists(path)) {
            return "no such file";
        }
        if (Files.isDirectory(path)) {
            return "a directory";
        }
        // Whoever may not enter a directory on the way cannot tell.
        return Files.isExecutable(path) || !Files.exists(path) ? "" : "not executable";
    }

    /** Those that stand on the interfaces of this machine and network namespace now. */
    public static Set<IpAddress> addressesOfThisMachine() throws SocketException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .map(own -> IpAddress.ofOctets(own.getAddress()))
                .collect(Collectors.toUnmodifiableSet());
    }

    private static boolean standsOnAnInterface(IpAddress address) {
        try {
            return addressesOfThisMachine().contains(address);
        } catch (SocketException e) {
            // The interfaces cannot be read: no ground for a warning.
            return true;
        }
    }
}
