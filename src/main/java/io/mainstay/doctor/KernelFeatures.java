// SPDX-License-Identifier: Apache-2.0
package io.mainstay.doctor;

import java.util.List;
import java.util.stream.Collectors;

/** What programs of Mainstay say of the kernel, which they have asked: a line for each feature. Has no effect on the host. */
public final class KernelFeatures {

    private static final String MISSING = ": no";

    private KernelFeatures() {}

    /** What came of asking. */
    public sealed interface Answer {

        /** All are there. */
        record Complete() implements Answer {}

        /**
         * Some are not.
         *
         * @param features these, in words
         */
        record Lacking(String features) implements Answer {}

        /** It could not be found out. */
        record Unknown(String reason) implements Answer {}
    }

    /** What the kernel engine cannot do without. */
    public static Answer ofKernelEngine(Host host) {
        return ask(host, List.of("mainstay-bpf", "features"));
    }

    /** Descriptors of threads, by which the guard notices a death sooner. */
    public static Answer ofGuard(Host host) {
        return ask(host, List.of("mainstay-guard", "--features"));
    }

    private static Answer ask(Host host, List<String> command) {
        return switch (host.run(command)) {
            case Host.ProgramResult.Done(String output) -> judge(output);
            case Host.ProgramResult.Failed(String reason) -> new Answer.Unknown(reason);
            case Host.ProgramResult.Missing() -> new Answer.Unknown(command.getFirst() + " is not there");
        };
    }

    private static Answer judge(String output) {
        String lacking = output.lines()
                .filter(line -> line.endsWith(MISSING))
                .map(line -> line.substring(0, line.length() - MISSING.length()))
                .collect(Collectors.joining(", "));
        return lacking.isEmpty() ? new Answer.Complete() : new Answer.Lacking(lacking);
    }
}
