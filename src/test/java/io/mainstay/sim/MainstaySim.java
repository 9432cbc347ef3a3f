// SPDX-License-Identifier: Apache-2.0
package io.mainstay.sim;

import java.util.List;

/**
 * Runs the simulation from a command line: {@code --seeds N} runs seeds 1 to N, with {@code --from S} as many from S on;
 * {@code --seed S} replays one.
 */
final class MainstaySim {

    private MainstaySim() {}

    public static void main(String[] arguments) {
        SimulationRunner runner = parse(List.of(arguments));
        long begun = System.nanoTime();
        List<String> violations = runner.run();
        double seconds = (System.nanoTime() - begun) / 1e9;
        violations.forEach(System.out::println);
        System.out.printf(
                "%d seeds from %d on in %.1f s: %s%n",
                runner.count(),
                runner.first(),
                seconds,
                violations.isEmpty() ? "no invariant broken" : violations.size() + " reported");
        System.exit(violations.isEmpty() ? 0 : 1);
    }

    private static SimulationRunner parse(List<String> arguments) {
        if (arguments.size() == 2 && arguments.getFirst().equals("--seeds")) {
            return new SimulationRunner(1, Long.parseLong(arguments.getLast()));
        }
        if (arguments.size() == 4
                && arguments.getFirst().equals("--seeds")
                && arguments.get(2).equals("--from")) {
            return new SimulationRunner(Long.parseLong(arguments.getLast()), Long.parseLong(arguments.get(1)));
        }
        if (arguments.size() == 2 && arguments.getFirst().equals("--seed")) {
            return new SimulationRunner(Long.parseLong(arguments.getLast()), 1);
        }
        System.err.println("arguments: " + String.join(" ", arguments)
                + " (expected: --seeds N, --seeds N --from S, or --seed S)");
        System.exit(2);
        throw new IllegalStateException("exited");
    }
}
