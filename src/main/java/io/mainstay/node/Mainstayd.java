// SPDX-License-Identifier: Apache-2.0
package io.mainstay.node;

import io.mainstay.config.ConfigProblem;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.HostFacts;
import io.mainstay.observe.ProductVersion;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The main program of the daemon: reads its arguments and its configuration, runs a {@link Daemon} until it is told to stop. */
@Command(
        name = "mainstayd",
        mixinStandardHelpOptions = true,
        versionProvider = Mainstayd.VersionProvider.class,
        sortOptions = false,
        description = {
            "Takes part in the election of the virtual addresses of this host and relays their traffic.",
            "Runs in the foreground and logs to standard error. On SIGTERM it hands over to another node, then exits"
                    + " with 0.",
            "On SIGHUP it takes the configuration file over, as by mainstay reload."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:stopped on request, after handing over",
            "1:could not start, or an internal error made it give up its addresses",
            "2:wrong arguments",
            "3:configuration invalid"
        })
public final class Mainstayd implements Callable<Integer> {

    private static final int INVALID_CONFIGURATION = 3;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            defaultValue = "/etc/mainstay/mainstay.yaml",
            description = "The configuration (default: ${DEFAULT-VALUE}).")
    private Path config = Path.of("/etc/mainstay/mainstay.yaml");

    @Option(
            names = "--run-dir",
            paramLabel = "DIR",
            defaultValue = "/run/mainstay",
            description = "Where the control socket stands (default: ${DEFAULT-VALUE}).")
    private Path runDirectory = HostFacts.DEFAULT_RUN_DIRECTORY;

    @Option(
            names = "--state-dir",
            paramLabel = "DIR",
            defaultValue = "/var/lib/mainstay",
            description = "Where the journal is kept (default: ${DEFAULT-VALUE}).")
    private Path stateDirectory = Path.of("/var/lib/mainstay");

    private Mainstayd() {}

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Mainstayd()).execute(arguments));
    }

    @Override
    public Integer call() {
        PrintStream err = System.err;
        ConfigSource source = new ConfigSource(config, runDirectory.toAbsolutePath());
        return switch (source.load()) {
            case ConfigResult.Invalid invalid -> {
                print(err, "error", invalid.problems());
                print(err, "warning", invalid.warnings());
                err.println("mainstayd: " + config + " has "
                        + count(invalid.problems().size(), "mistake") + ", nothing was started");
                yield INVALID_CONFIGURATION;
            }
            case ConfigResult.Valid valid -> {
                print(err, "warning", valid.warnings());
                yield run(source, valid, err);
            }
        };
    }

    private int run(ConfigSource source, ConfigResult.Valid valid, PrintStream err) {
        StopSignal signal = new StopSignal();
        int status;
        try (Daemon daemon = Daemon.start(source, valid.config(), stateDirectory.toAbsolutePath())) {
            signal.onStop(daemon::stop, daemon::hurry);
            status = daemon.awaitEnd() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        } catch (DaemonStartException e) {
            err.println("mainstayd: " + e.getMessage());
            status = CommandLine.ExitCode.SOFTWARE;
        }
        signal.leave(status);
        return status;
    }

    private static void print(PrintStream err, String kind, List<ConfigProblem> problems) {
        problems.forEach(problem -> err.println(kind + ": " + problem));
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    /** Tells the version of the product. */
    static final class VersionProvider implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"mainstayd " + ProductVersion.current().number()};
        }
    }
}
