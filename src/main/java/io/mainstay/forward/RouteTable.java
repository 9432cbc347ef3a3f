// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.forward.wire.ClientHello;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Routes in the form in which they are looked up: a few steps for each label of the name, whatever their number. Immutable; any
 * thread.
 */
public final class RouteTable {

    private static final String ANY = "*";

    private final List<RouteConfig> routes;
    private final Map<String, List<Integer>> byName = new HashMap<>();

    /** Those with {@code *.} before the key. */
    private final Map<String, List<Integer>> byParent = new HashMap<>();

    private final List<Integer> forAnyName = new ArrayList<>();
    private final List<Integer> forAnybody = new ArrayList<>();

    public RouteTable(List<RouteConfig> routes) {
        this.routes = List.copyOf(routes);
        for (int i = 0; i < routes.size(); i++) {
            if (routes.get(i).serverNames().isEmpty()) {
                forAnybody.add(i);
            }
            for (String name : routes.get(i).serverNames()) {
                place(name).add(i);
            }
        }
    }

    private List<Integer> place(String name) {
        if (name.equals(ANY)) {
            return forAnyName;
        }
        return name.startsWith("*.")
                ? byParent.computeIfAbsent(name.substring(2), none -> new ArrayList<>())
                : byName.computeIfAbsent(name, none -> new ArrayList<>());
    }

    /** The first route that fits. */
    public Optional<RouteConfig> find(ClientHello.Complete hello) {
        int first = first(forAnybody, hello, routes.size());
        if (hello.serverName().isPresent()) {
            String name = hello.serverName().get();
            first = first(forAnyName, hello, first);
            first = first(byName.getOrDefault(name, List.of()), hello, first);
            for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
                first = first(byParent.getOrDefault(name.substring(dot + 1), List.of()), hello, first);
            }
        }
        return first < routes.size() ? Optional.of(routes.get(first)) : Optional.empty();
    }

    /** The first of these that fits and stands before another. */
    private int first(List<Integer> among, ClientHello.Complete hello, int before) {
        for (int index : among) {
            if (index >= before) {
                return before;
            }
            List<String> protocols = routes.get(index).protocols();
            if (protocols.isEmpty() || hello.protocols().stream().anyMatch(protocols::contains)) {
                return index;
            }
        }
        return before;
    }
}
