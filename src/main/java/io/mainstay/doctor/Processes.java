// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.List;
import java.util.Optional;

/** Finds the daemon among the processes of the host (proc(5)): the one in the network namespace that is looked at. */
final class Processes {

    private static final String MAIN_CLASS = "io.mainstay.node.Mainstayd";

    private Processes() {}

    /** The directory of the daemon in /proc. */
    static Optional<String> daemon(Host host) {
        Optional<String> here = network(host, "/proc/self");
        return host.list("/proc").stream()
                .filter(name -> name.chars().allMatch(Character::isDigit))
                .map(name -> "/proc/" + name)
                .filter(process -> host.read(process + "/cmdline")
                        .filter(Processes::isDaemon)
                        .isPresent())
                .filter(process -> !isElsewhere(here, network(host, process)))
                .findFirst();
    }

    /** Containers run daemons of their own. Where it may not be known (namespaces(7)), it is taken for the one of this host. */
    private static boolean isElsewhere(Optional<String> here, Optional<String> there) {
        return here.isPresent() && there.isPresent() && !here.equals(there);
    }

    private static Optional<String> network(Host host, String process) {
        return host.linkTarget(process + "/ns/net");
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
