// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.mainstay.forward.wire.ClientHello;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RouteTableTest {

    private static RouteConfig route(String service, List<String> names, String... protocols) {
        return new RouteConfig(names, List.of(protocols), service);
    }

    private static ClientHello.Complete hello(String name, String... protocols) {
        return new ClientHello.Complete(Optional.of(name).filter(n -> !n.isEmpty()), List.of(protocols));
    }

    private static String find(RouteTable table, ClientHello.Complete hello) {
        return table.find(hello).map(RouteConfig::service).orElse("none");
    }

    @Test
    void theFirstThatFitsDecides() {
        RouteTable table = new RouteTable(List.of(
                route("h2", List.of("www.example.org"), "h2"),
                route("below", List.of("*.example.org")),
                route("www", List.of("www.example.org", "example.org")),
                route("grpc", List.of(), "grpc", "h2"),
                route("named", List.of("*"))));
        assertThat(find(table, hello("www.example.org", "http/1.1", "h2"))).isEqualTo("h2");
        assertThat(find(table, hello("www.example.org", "http/1.1"))).isEqualTo("below");
        assertThat(find(table, hello("a.b.example.org"))).isEqualTo("below");
        assertThat(find(table, hello("example.org"))).isEqualTo("www");
        assertThat(find(table, hello("badexample.org"))).isEqualTo("named");
        assertThat(find(table, hello("", "h2"))).isEqualTo("grpc");
        assertThat(find(table, hello("other.example", "h2"))).isEqualTo("grpc");
        assertThat(find(table, hello(""))).isEqualTo("none");
    }

    /** What the table is a quicker way of. */
    private static Optional<RouteConfig> oneByOne(List<RouteConfig> routes, ClientHello.Complete hello) {
        return routes.stream().filter(route -> fits(route, hello)).findFirst();
    }

    private static boolean fits(RouteConfig route, ClientHello.Complete hello) {
        boolean offered =
                route.protocols().isEmpty() || route.protocols().stream().anyMatch(hello.protocols()::contains);
        boolean asked = route.serverNames().isEmpty()
                || hello.serverName().stream()
                        .anyMatch(name -> route.serverNames().stream().anyMatch(wanted -> isMeant(wanted, name)));
        return offered && asked;
    }

    private static boolean isMeant(String wanted, String name) {
        if (wanted.equals("*")) {
            return true;
        }
        return wanted.startsWith("*.") ? name.endsWith(wanted.substring(1)) : name.equals(wanted);
    }

    @Test
    @Tag("property")
    void itFindsWhatGoingThroughThemOneByOneFinds() {
        String[] labels = {"a", "b", "www"};
        String[] protocols = {"h2", "http/1.1"};
        for (long seed = 1; seed <= 3_000; seed++) {
            Random random = new Random(seed);
            List<RouteConfig> routes = new ArrayList<>();
            for (int i = random.nextInt(8); i > 0; i--) {
                List<String> names = new ArrayList<>();
                for (int j = random.nextInt(3); j > 0; j--) {
                    String name = name(random, labels);
                    names.add(
                            switch (random.nextInt(5)) {
                                case 0 -> "*";
                                case 1, 2 -> "*." + name;
                                default -> name;
                            });
                }
                routes.add(new RouteConfig(
                        names, random.nextBoolean() ? List.of() : List.of(protocols[random.nextInt(2)]), "s" + i));
            }
            RouteTable table = new RouteTable(routes);
            for (int i = 0; i < 10; i++) {
                ClientHello.Complete hello = new ClientHello.Complete(
                        random.nextInt(5) == 0 ? Optional.empty() : Optional.of(name(random, labels)),
                        random.nextBoolean() ? List.of() : List.of(protocols[random.nextInt(2)]));
                assertThat(table.find(hello)).as("seed %d", seed).isEqualTo(oneByOne(routes, hello));
            }
        }
    }

    private static String name(Random random, String[] labels) {
        StringBuilder name = new StringBuilder(labels[random.nextInt(labels.length)]);
        for (int i = random.nextInt(3); i > 0; i--) {
            name.append('.').append(labels[random.nextInt(labels.length)]);
        }
        return name.toString();
    }
}
