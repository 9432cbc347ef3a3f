// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.observe.ProductVersion;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The program {@code mainstay}: reads the command line and runs one command. */
public final class Mainstay {

    static final Path DEFAULT_SOCKET = Path.of("/run/mainstay/control.sock");
    static final String SOCKET_VARIABLE = "MAINSTAY_SOCKET";

    private static final int HELP_WIDTH = 100;

    private final BufferedReader in;
    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean colours;
    private final Path socket;

    private Mainstay(
            BufferedReader in, PrintWriter out, PrintWriter err, Map<String, String> environment, boolean terminal) {
        this.in = in;
        this.out = out;
        this.err = err;
        colours = terminal
                && environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !environment.getOrDefault("TERM", "").equals("dumb");
        String fromEnvironment = environment.getOrDefault(SOCKET_VARIABLE, "");
        socket = fromEnvironment.isEmpty() ? DEFAULT_SOCKET : Path.of(fromEnvironment);
    }

    /** Runs the command of the arguments and exits with its exit code. */
    public static void main(String[] args) {
        PrintWriter out = writer(FileDescriptor.out);
        PrintWriter err = writer(FileDescriptor.err);
        BufferedReader in = new BufferedReader(
                new InputStreamReader(new FileInputStream(FileDescriptor.in), StandardCharsets.UTF_8));
        int exitCode = run(args, in, out, err, System.getenv(), standardOutputIsATerminal());
        out.flush();
        err.flush();
        // Not System.exit: it would load the platform's logging to log the exit, and there are no hooks to run.
        Runtime.getRuntime().halt(exitCode);
    }

    /**
     * Runs the command of the arguments.
     *
     * @param in where a command that asks reads its answers
     * @param environment of the process
     * @param terminal whether {@code out} is a terminal
     * @return the exit code
     */
    static int run(
            String[] args,
            BufferedReader in,
            PrintWriter out,
            PrintWriter err,
            Map<String, String> environment,
            boolean terminal) {
        Mainstay mainstay = new Mainstay(in, out, err, environment, terminal);
        CommandLine line = new CommandLine(spec());
        line.setOut(out);
        line.setErr(err);
        line.setUsageHelpWidth(HELP_WIDTH);
        line.setHelpSectionKeys(line.getHelpSectionKeys().stream()
                .filter(key -> !key.equals(UsageMessageSpec.SECTION_KEY_HEADER))
                .toList());
        line.setColorScheme(CommandLine.Help.defaultColorScheme(mainstay.colours ? Ansi.ON : Ansi.OFF));
        line.setParameterExceptionHandler(mainstay::wrongCommandLine);
        line.setExecutionStrategy(mainstay::carryOut);
        return line.execute(args);
    }

    /** The whole command line, for parsing, help and the manual. */
    static CommandSpec spec() {
        CommandSpec root = CommandSpec.create().name("mainstay");
        Map<String, String> exitCodes = new LinkedHashMap<>();
        for (ExitCode exitCode : ExitCode.values()) {
            exitCodes.put(Integer.toString(exitCode.code()), exitCode.meaning());
        }
        root.usageMessage()
                .synopsisHeading("Usage: ")
                .customSynopsis("mainstay [--socket PATH] [--json] COMMAND")
                .description(
                        "",
                        "Shows and controls a Mainstay node: which node holds the virtual addresses, and what is"
                                + " forwarded to which backends.",
                        "")
                .optionListHeading("Options:%n")
                .commandListHeading("%nCommands:%n")
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(exitCodes)
                .footer(
                        "",
                        "Examples:",
                        "  mainstay init",
                        "  mainstay status",
                        "  mainstay backend drain web1 --wait",
                        "  mainstay switchover --wait",
                        "  mainstay config check /etc/mainstay/mainstay.yaml",
                        "  mainstay explain --last-failover",
                        "",
                        "mainstay COMMAND --help says more about a command.");
        addShared(root);
        root.versionProvider(() ->
                        new String[] {"mainstay " + ProductVersion.current().number()})
                .addOption(OptionSpec.builder("-V", "--version")
                        .type(boolean.class)
                        .versionHelp(true)
                        .description("Print the version of this program.")
                        .build());
        add(root, new InitCommand());
        add(root, new StatusCommand());
        add(root, new ServiceGroup());
        add(root, new BackendGroup());
        add(root, new PersistenceGroup());
        add(root, new SwitchoverCommand());
        add(root, new NodeDrainCommand());
        add(root, new NodeReadyCommand());
        add(root, new ConfigGroup());
        add(root, new ReloadCommand());
        add(root, new EventsCommand());
        add(root, new ExplainCommand());
        add(root, new DoctorCommand());
        add(root, new VersionCommand());
        return root;
    }

    private static void add(CommandSpec parent, CliCommand command) {
        CommandSpec spec = command.spec();
        addShared(spec);
        if (!spec.positionalParameters().isEmpty()) {
            spec.usageMessage().optionListHeading("%n" + spec.usageMessage().optionListHeading());
        }
        command.commands().forEach(member -> add(spec, member));
        parent.addSubcommand(spec.name(), spec);
    }

    private static void addShared(CommandSpec spec) {
        spec.addOption(Specs.flag(Invocation.JSON, "Print JSON for programs instead of text for people."))
                .addOption(Specs.text(
                        Invocation.SOCKET,
                        "PATH",
                        "The daemon's control socket. Default: $MAINSTAY_SOCKET, or /run/mainstay/control.sock."))
                .addOption(OptionSpec.builder("-h", "--help")
                        .type(boolean.class)
                        .usageHelp(true)
                        .description("Print this help.")
                        .build());
    }

    private int carryOut(ParseResult parsed) {
        Integer helped = CommandLine.executeHelpRequest(parsed);
        if (helped != null) {
            return helped;
        }
        List<ParseResult> levels = new ArrayList<>(List.of(parsed));
        while (levels.getLast().hasSubcommand()) {
            levels.add(levels.getLast().subcommand());
        }
        CommandSpec spec = levels.getLast().commandSpec();
        if (!(spec.userObject() instanceof CliCommand command) || command instanceof CommandGroup) {
            throw new ParameterException(
                    spec.commandLine(),
                    "a command is missing (expected: "
                            + String.join(", ", spec.subcommands().keySet()) + ")");
        }
        try {
            return command.run(new Invocation(levels, in, out, err, colours, socket))
                    .code();
        } catch (CommandFailure e) {
            err.println("mainstay: " + e.getMessage());
            return e.exitCode().code();
        }
    }

    private int wrongCommandLine(ParameterException e, String[] args) {
        err.println("mainstay: " + wrong(e));
        if (!UnmatchedArgumentException.printSuggestions(e, err)) {
            err.println("Try: " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        }
        return ExitCode.USAGE.code();
    }

    private static String wrong(ParameterException e) {
        if (!(e instanceof UnmatchedArgumentException unmatched)
                || unmatched.getUnmatched().isEmpty()) {
            return String.valueOf(e.getMessage());
        }
        String word = unmatched.getUnmatched().getFirst();
        if (unmatched.isUnknownOption()) {
            return word + ": no such option";
        }
        return word + (e.getCommandLine().getSubcommands().isEmpty() ? ": one argument too many" : ": no such command");
    }

    private static PrintWriter writer(FileDescriptor descriptor) {
        // UTF-8 whatever the locale: names and sentences are passed on as they are.
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(descriptor), StandardCharsets.UTF_8));
    }

    private static boolean standardOutputIsATerminal() {
        try {
            // System.console() would ask for standard input to be one as well.
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException e) {
            return false;
        }
    }
}
