// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.Errno;
import io.mainstay.kernel.KernelException;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.IpFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The settings of one interface below /proc/sys/net (kernel Documentation/networking/ip-sysctl.rst), in the network namespace
 * of the calling thread. Nothing here waits: the files are the kernel's own variables.
 */
record InterfaceSettings(IpFamily family, InterfaceName interfaceName) {

    /** Settings that hold for all interfaces of a family beside their own. */
    static InterfaceSettings ofAll(IpFamily family) {
        return new InterfaceSettings(family, new InterfaceName("all"));
    }

    private Path path(String setting) {
        return Path.of(
                "/proc/sys/net", family == IpFamily.IPV4 ? "ipv4" : "ipv6", "conf", interfaceName.value(), setting);
    }

    /** Whether the kernel has the family at all. */
    boolean exist() {
        return Files.exists(path("forwarding"));
    }

    int read(String setting) throws KernelException {
        Path path = path(setting);
        try {
            return Integer.parseInt(Files.readString(path).strip());
        } catch (IOException | NumberFormatException e) {
            throw failure("read " + path, e);
        }
    }

    void write(String setting, int value) throws KernelException {
        Path path = path(setting);
        try {
            Files.writeString(path, Integer.toString(value));
        } catch (IOException e) {
            throw failure("write " + value + " into " + path, e);
        }
    }

    private static KernelException failure(String operation, Exception cause) {
        Errno errno = cause instanceof NoSuchFileException ? Errno.ENODEV : Errno.EACCES;
        return new KernelException(operation + " (" + cause.getMessage() + ")", errno.number());
    }
}
