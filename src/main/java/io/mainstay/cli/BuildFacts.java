// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.doctor.Host;
import io.mainstay.doctor.KernelFeatures;
import io.mainstay.doctor.host.ThisHost;
import io.mainstay.observe.ProductVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a report of a fault should name: what was built, on what it runs, and what of the kernel is there. */
final class BuildFacts {

    private BuildFacts() {}

    /** By name, in the order in which they are shown. */
    static Map<String, String> all() {
        Host host = new ThisHost(null);
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("commit", ProductVersion.current().commit());
        facts.put("source_time", ProductVersion.current().sourceTime());
        facts.put("runtime", Runtime.version() + " " + System.getProperty("os.arch", "unknown"));
        facts.put(
                "kernel",
                host.read("/proc/sys/kernel/osrelease").map(String::strip).orElse("unknown"));
        facts.put("kernel_engine", words(KernelFeatures.ofKernelEngine(host), ""));
        facts.put("kernel_pidfd", words(KernelFeatures.ofGuard(host), " (of threads)"));
        facts.put("kernel_ipv6", Files.exists(Path.of("/proc/net/if_inet6")) ? "yes" : "no");
        return facts;
    }

    /** Whether all is there that a part of Mainstay asks of the kernel. */
    private static String words(KernelFeatures.Answer answer, String remark) {
        return switch (answer) {
            case KernelFeatures.Answer.Complete() -> "yes" + remark;
            case KernelFeatures.Answer.Lacking(String features) -> "no, it lacks " + features;
            case KernelFeatures.Answer.Unknown(String reason) -> "unknown: " + reason;
        };
    }
}
