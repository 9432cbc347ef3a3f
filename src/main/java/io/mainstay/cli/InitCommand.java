// SPDX-License-Identifier: Apache-2.0
package io.mainstay.cli;

import io.mainstay.config.ConfigFile;
import io.mainstay.config.ConfigResult;
import io.mainstay.config.Durations;
import io.mainstay.config.HostFacts;
import io.mainstay.setup.PairFiles;
import io.mainstay.setup.PairPlan;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/** {@code mainstay init}. */
final class InitCommand implements CliCommand {

    static final String OUTPUT = "--output";
    static final String PEER_OUTPUT = "--peer-output";
    static final String FORCE = "--force";

    static final String YES = "--yes";

    private static final String PEER_FILE = "mainstay-peer.yaml";

    @Override
    public CommandSpec spec() {
        return Specs.command(
                        this,
                        "init",
                        "Write the configuration of this node and that of its peer, by asking for what they need: the interface,"
                                + " the virtual address, the other node, the backends. Each answer is judged at once. A"
                                + " virtual router number that is free is found by listening on the interface. Asks no"
                                + " daemon. A file that has been edited is not touched.",
                        "mainstay init",
                        "mainstay init --interface eth0 --vip 198.51.100.10/24 --peer 198.51.100.2 --port 443 \\",
                        "      --backends web1=10.0.0.11:8443,web2=10.0.0.12:8443 --yes")
                .addOption(Specs.flag(
                        YES, "Ask nothing: what is not given by an option is what would be offered as the answer."))
                .addOption(Specs.flag(
                        FORCE, "Replace files that exist. The old one is kept beside the new one, named .bak."))
                .addOption(Specs.text(
                        Interview.INTERFACE,
                        "NAME",
                        "The interface of this node where clients and the other node are."))
                .addOption(Specs.text(
                        Interview.VIP,
                        "ADDRESSES",
                        "The virtual addresses, separated by commas; one without a prefix length gets that of the network"
                                + " of the interface that it belongs to."))
                .addOption(Specs.text(
                        Interview.MULTICAST,
                        "YES/NO",
                        "Whether the network carries multicast between the nodes; those of clouds mostly do not. Default:"
                                + " yes."))
                .addOption(Specs.text(
                        Interview.PEER,
                        "ADDRESSES",
                        "The address of the other node, or none. Without multicast it is needed, one of each family of the"
                                + " virtual ones."))
                .addOption(Specs.text(
                        Interview.PORT,
                        "PORT",
                        "The port on which clients are served, PORT or PORT/udp, or none if the addresses alone are to move."
                                + " Default: 80."))
                .addOption(Specs.text(
                        Interview.BACKENDS,
                        "BACKENDS",
                        "The servers behind --port, each ADDRESS:PORT or NAME=ADDRESS:PORT, separated by commas."))
                .addOption(Specs.texts(
                        Interview.SERVICE,
                        "PORT=BACKENDS",
                        "Another port, PORT or PORT/udp, with its servers; may be given more than once."))
                .addOption(Specs.text(
                        Interview.ENGINE,
                        "ENGINE",
                        "Which engine forwards all of it: proxy, kernel or auto. Default: auto."))
                .addOption(Specs.text(
                        Interview.VRID, "NUMBER", "The virtual router number, 1 to 255. Default: a free one."))
                .addOption(Specs.duration(
                        Interview.LISTEN_FOR,
                        "How long to listen for other routers; 0s: not at all. Default: "
                                + Durations.format(Interview.LISTENED) + "."))
                .addOption(Specs.text(
                        Interview.PRIORITY, "NUMBER", "Of this node. Default: 250, so that it is the Active."))
                .addOption(Specs.text(Interview.PEER_PRIORITY, "NUMBER", "Of the other node. Default: 245."))
                .addOption(Specs.text(Interview.INTERVAL, "DURATION", "The advertisement interval. Default: 100ms."))
                .addOption(Specs.text(
                        Interview.PEER_INTERFACE, "NAME", "The interface of the other node. Default: the same."))
                .addOption(Specs.text(Interview.NAME, "NAME", "How this node is called. Default: its host name."))
                .addOption(Specs.text(
                        Interview.PEER_NAME, "NAME", "How the other node is called. Default: its host name."))
                .addOption(Specs.text(
                        OUTPUT, "FILE", "The file of this node. Default: " + ConfigCheckCommand.DEFAULT_FILE + "."))
                .addOption(Specs.text(
                        PEER_OUTPUT,
                        "FILE",
                        "The file for the other node. Default: " + PEER_FILE + " beside that of this node."));
    }

    @Override
    public ExitCode run(Invocation invocation) {
        if (invocation.json()) {
            throw new CommandFailure(ExitCode.USAGE, "init prints no JSON");
        }
        Path output = Path.of(invocation.text(OUTPUT).orElse(ConfigCheckCommand.DEFAULT_FILE));
        Path peerOutput = invocation.text(PEER_OUTPUT).map(Path::of).orElseGet(() -> output.resolveSibling(PEER_FILE));
        boolean force = invocation.flag(FORCE);
        // Before anything is asked.
        ConfigTarget here = ConfigTarget.of(output, force);
        ConfigTarget peer = ConfigTarget.of(peerOutput, force);
        PairPlan plan = new Interview(invocation, here.present()).plan();
        String yaml = checked(PairFiles.here(plan), output, invocation);
        String peerYaml = checked(PairFiles.peer(plan), peerOutput, invocation);
        tell(invocation.out(), here, here.write(yaml), "this node");
        tell(invocation.out(), peer, peer.write(peerYaml), "the other node");
        tellWhatIsNext(invocation.out(), plan, here, peer);
        return ExitCode.DONE;
    }

    /** What is written passes {@code config check}, or is not written. */
    private static String checked(String yaml, Path file, Invocation invocation) {
        ConfigResult result = ConfigFile.parse(yaml, file.toString(), HostFacts.ofThisMachine());
        ConfigCheckCommand.validOrFailure(result, invocation);
        return yaml;
    }

    private static void tell(PrintWriter out, ConfigTarget target, Optional<Path> kept, String whose) {
        out.println("wrote " + target + " for " + whose
                + kept.map(old -> "; the one before is kept as " + old).orElse(""));
    }

    private static void tellWhatIsNext(PrintWriter out, PairPlan plan, ConfigTarget here, ConfigTarget peer) {
        String host = plan.peer().addresses().stream()
                .findFirst()
                .map(address -> address.toString().indexOf(':') < 0 ? address.toString() : "[" + address + "]")
                .orElse("OTHER-NODE");
        out.println();
        out.println("Next:");
        out.println("  1. let VRRP (IP protocol 112) through the firewalls of both nodes");
        out.println("  2. with the package installed there:  scp " + peer + " root@" + host + ":"
                + ConfigCheckCommand.DEFAULT_FILE);
        out.println("  3. on each node:                      systemctl enable --now mainstay");
        out.println("     if it runs already:                mainstay reload");
        out.println("  4. look at it:                        mainstay status");
        if (!here.toString().equals(ConfigCheckCommand.DEFAULT_FILE)) {
            out.println("The file of this node goes to " + ConfigCheckCommand.DEFAULT_FILE + " as well.");
        }
    }
}
