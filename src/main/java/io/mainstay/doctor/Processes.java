// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.List;
import java.util.Optional;

/** Finds the daemon among the processes of the host (proc(5)). */
final class Processes {

    private static final String MAIN_CLASS = "io.mainstay.node.Mainstayd";

    private Processes() {}

    /** The directory of the daemon in /proc, or that of this program if there is none, which runs with the same rights or less. */
    static String daemonOrSelf(Host host) {
        return daemon(host).orElse("/proc/self");
    }

    static Optional<String> daemon(Host host) {
        return host.list("/proc").stream()
                .filter(name -> name.chars().allMatch(Character::isDigit))
                .map(name -> "/proc/" + name)
                .filter(process -> host.read(process + "/cmdline")
                        .filter(Processes::isDaemon)
                        .isPresent())
                .findFirst();
    }

    /** Its guard has the same words, behind its own name. */
    private static boolean isDaemon(String commandLine) {
        String[] words = commandLine.split("\0", -1);
        return words[0].endsWith("java") && List.of(words).contains(MAIN_CLASS);
    }

    /** The value of a line such as {@code CapEff: 0000}. */
    static Optional<String> field(String text, String name) {
        return text.lines()
                .filter(line -> line.startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst();
    }
}
