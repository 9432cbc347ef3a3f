// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.Service;
import io.mainstay.config.Schema.VirtualRouter;
import io.mainstay.net.IpAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Reads a configuration and finds all of its mistakes at once. Never throws for what the file holds.
 *
 * <p>Stateless; any thread.
 */
public final class ConfigFile {

    /** Larger than any configuration within the limits of the schema that people write. */
    public static final int LARGEST_BYTES = 1 << 20;

    private ConfigFile() {}

    /** Reads a file with the defaults of this machine. A file that cannot be read is a mistake like any other. */
    public static ConfigResult load(Path file) {
        return load(file, HostFacts.ofThisMachine());
    }

    /** Reads a file with the given defaults. */
    public static ConfigResult load(Path file, HostFacts host) {
        Problems problems = new Problems(file.toString());
        byte[] octets;
        try (InputStream in = Files.newInputStream(file)) {
            octets = in.readNBytes(LARGEST_BYTES + 1);
        } catch (IOException e) {
            problems.errorOfFile("cannot be read: " + reason(e));
            return problems.invalid();
        }
        String text = octets.length > LARGEST_BYTES ? tooLarge(problems) : decode(octets, problems);
        return text == null ? problems.invalid() : read(text, problems, host);
    }

    /** Reads a text with the given defaults; {@code fileName} stands in the messages. */
    public static ConfigResult parse(String text, String fileName, HostFacts host) {
        Problems problems = new Problems(fileName);
        if (text.length() > LARGEST_BYTES) {
            tooLarge(problems);
            return problems.invalid();
        }
        return read(text, problems, host);
    }

    private static @Nullable String tooLarge(Problems problems) {
        problems.errorOfFile("too large (expected: at most " + LARGEST_BYTES + " bytes)");
        return null;
    }

    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException missing -> "no such file";
            case AccessDeniedException denied -> "permission denied";
            default -> String.valueOf(e.getMessage());
        };
    }

    private static @Nullable String decode(byte[] octets, Problems problems) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CharBuffer text = CharBuffer.allocate(octets.length);
        CoderResult result = decoder.decode(ByteBuffer.wrap(octets), text, true);
        text.flip();
        if (result.isError()) {
            problems.error(Place.behind(text.toString()), "", "not UTF-8 (expected: a text file in UTF-8)");
            return null;
        }
        return text.toString();
    }

    private static ConfigResult read(String text, Problems problems, HostFacts host) {
        Node tree = YamlText.parse(text, problems);
        WrittenSection root = tree == null ? null : new NodeReader(problems).readRoot(tree);
        if (root == null) {
            return problems.invalid();
        }
        List<WrittenSection> routers = root.entries(VirtualRouter.ENTRIES);
        new VirtualRouterChecks(problems).check(routers);
        AuthenticationKeys authentication = new AuthenticationKeys(problems, host.keyFile());
        authentication.check(routers);
        new SyncGroupChecks(problems).check(routers);
        new TrackChecks(problems, host.unexecutable(), root.entries(Service.ENTRIES)).check(routers);
        Set<IpAddress> virtualAddresses = routers.stream()
                .flatMap(router -> router.items(VirtualRouter.ADDRESSES).stream())
                .map(item -> item.value().address())
                .collect(Collectors.toSet());
        new ServiceChecks(problems, virtualAddresses, host.ownAddress()).check(root.entries(Service.ENTRIES));
        new ServiceAdvice(problems).giveOnSecret(root);
        if (routers.isEmpty() && !problems.anyError()) {
            problems.warnOfFile("no virtual router is configured; this node will claim no address");
        }
        if (problems.anyError()) {
            return problems.invalid();
        }
        return new ConfigResult.Valid(new ConfigBuilder(host, authentication).build(root), problems.warnings());
    }
}
