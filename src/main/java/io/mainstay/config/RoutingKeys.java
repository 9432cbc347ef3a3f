// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.WrittenSection.Item;
import io.mainstay.forward.RouteConfig;
import io.mainstay.forward.RoutingConfig;
import io.mainstay.forward.RoutingConfig.Otherwise;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Below {@code routing} of a service. */
final class RoutingKeys {

    private static final Pattern SERVER_NAME = Pattern.compile("\\*|(\\*\\.)?[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
    private static final Pattern PROTOCOL = Pattern.compile("[\\x21-\\x7E]{1,255}");
    private static final int LONGEST_NAME = 253;

    private RoutingKeys() {}

    /** Below an entry of {@code routes}. */
    static final class Route {
        static final Key.Values<String> SERVER_NAMES = new Key.Values<>(
                "server_names",
                serverName(),
                0,
                1024,
                true,
                "The names that fit: a name, *.example.org for all names below it, or * for any name; without any, it does"
                        + " not matter what the client asks for.");

        static final Key.Values<String> ALPN = new Key.Values<>(
                "alpn",
                new ScalarType<>(
                        "the name of an application protocol, such as h2 or http/1.1",
                        ScalarType.Form.TEXT,
                        text -> {
                            if (!PROTOCOL.matcher(text).matches()) {
                                throw new IllegalArgumentException(text);
                            }
                            return text;
                        },
                        text -> text),
                0,
                64,
                true,
                "The application protocols of which the client offers at least one; without any, it does not matter.");

        static final Key.Scalar<String> SERVICE = Key.required(
                "service",
                ScalarTypes.name(),
                "The service that serves such a client: its backends, limits, queue and everything else hold then.");

        static final Key.Entries ENTRIES = new Key.Entries(
                "routes",
                List.of(SERVER_NAMES, ALPN, SERVICE),
                0,
                1024,
                "Which clients go to which service; the first that fits decides.");

        private Route() {}
    }

    static final Key.Scalar<Otherwise> OTHERWISE = Key.optional(
            "otherwise",
            ScalarTypes.word(Otherwise.class),
            RoutingConfig.NONE.otherwise(),
            "What becomes of a client whom no route fits, or who does not speak TLS: the backends of this service serve it,"
                    + " or it is reset.");

    static final Key.Section SECTION = new Key.Section(
            "routing",
            List.of(Route.ENTRIES, OTHERWISE),
            "For listeners with /tcp: the first message of a TLS client tells which service it gets. Nothing is decrypted.");

    private static ScalarType<String> serverName() {
        return new ScalarType<>(
                "a host name, such as www.example.org or *.example.org, or * for any",
                ScalarType.Form.TEXT,
                text -> {
                    if (text.length() > LONGEST_NAME
                            || !SERVER_NAME.matcher(text).matches()) {
                        throw new IllegalArgumentException(text);
                    }
                    return text.toLowerCase(Locale.ROOT);
                },
                text -> text);
    }

    static RoutingConfig read(WrittenSection routing) {
        return new RoutingConfig(
                routing.entries(Route.ENTRIES).stream().map(RoutingKeys::route).toList(),
                ConfigBuilder.get(routing, OTHERWISE));
    }

    private static RouteConfig route(WrittenSection route) {
        return new RouteConfig(
                route.items(Route.SERVER_NAMES).stream().map(Item::value).toList(),
                route.items(Route.ALPN).stream().map(Item::value).toList(),
                ConfigBuilder.get(route, Route.SERVICE));
    }

    static EffectiveConfig.Tree write(RoutingConfig routing) {
        return new EffectiveConfig.Tree()
                .putTrees(
                        Route.ENTRIES,
                        routing.routes().stream()
                                .map(route -> new EffectiveConfig.Tree()
                                        .putAll(Route.SERVER_NAMES, route.serverNames())
                                        .putAll(Route.ALPN, route.protocols())
                                        .put(Route.SERVICE, route.service()))
                                .toList())
                .put(OTHERWISE, routing.otherwise());
    }
}
