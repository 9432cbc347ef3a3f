// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.observe.ProductVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a report of a fault should name: what was built, on what it runs, and what of the kernel is there. */
final class BuildFacts {

    private static final int PIDFD_OF_THREADS = kernel(6, 9);
    private static final int TCX = kernel(6, 6);

    private BuildFacts() {}

    /** By name, in the order in which they are shown. */
    static Map<String, String> all() {
        String release = kernelRelease();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("commit", ProductVersion.commit());
        facts.put("source_time", ProductVersion.sourceTime());
        facts.put("runtime", Runtime.version() + " " + System.getProperty("os.arch", "unknown"));
        facts.put("kernel", release);
        facts.put("kernel_btf", yesOrNo(Files.exists(Path.of("/sys/kernel/btf/vmlinux"))));
        facts.put("kernel_tcx", yesOrNo(number(release) >= TCX));
        facts.put("kernel_pidfd", yesOrNo(number(release) >= PIDFD_OF_THREADS) + " (of threads)");
        facts.put("kernel_ipv6", yesOrNo(Files.exists(Path.of("/proc/net/if_inet6"))));
        return facts;
    }

    private static String kernelRelease() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** A release such as {@code 6.1.0-44-amd64} as a number that sorts; 0 for what is none. */
    static int number(String release) {
        String[] parts = release.split("[^0-9]", 3);
        return parts.length < 2 || parts[0].isEmpty() || parts[1].isEmpty()
                ? 0
                : kernel(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    private static int kernel(int major, int minor) {
        return major * 1000 + minor;
    }

    private static String yesOrNo(boolean there) {
        return there ? "yes" : "no";
    }
}
