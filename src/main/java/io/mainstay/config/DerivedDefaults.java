// SPDX-License-Identifier: Apache-2.0
package io.mainstay.config;

import io.mainstay.config.Schema.Backend;
import io.mainstay.config.Schema.Service;
import io.mainstay.config.Schema.VirtualRouter;
import io.mainstay.config.WrittenSection.Item;
import io.mainstay.forward.ListenerConfig;
import io.mainstay.net.Endpoint;
import io.mainstay.net.InterfaceName;
import io.mainstay.net.Transport;
import io.mainstay.net.VirtualRouterId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The defaults that depend on other keys. Null where those could not be read. */
final class DerivedDefaults {

    private DerivedDefaults() {}

    static @Nullable String nameOfVirtualRouter(WrittenSection router) {
        if (router.has(VirtualRouter.NAME)) {
            return router.value(VirtualRouter.NAME);
        }
        InterfaceName interfaceName = router.value(VirtualRouter.INTERFACE);
        VirtualRouterId vrid = router.value(VirtualRouter.VRID);
        if (interfaceName == null || vrid == null) {
            return null;
        }
        String name = interfaceName + "-" + vrid;
        // An interface may have a name that would not do as a name here.
        return ScalarTypes.isName(name) ? name : "vrid-" + vrid;
    }

    static @Nullable String nameOfService(WrittenSection service) {
        if (service.has(Service.NAME)) {
            return service.value(Service.NAME);
        }
        List<Item<ListenerConfig>> listen = service.items(Service.LISTEN);
        return listen.isEmpty() ? null : nameOf(listen.getFirst().value());
    }

    /** UDP shows in the name, since DNS and others listen on the same port for both. */
    private static String nameOf(ListenerConfig first) {
        return first.transport() == Transport.UDP
                ? "udp-" + first.endpoint()
                : first.endpoint().toString();
    }

    static @Nullable String nameOfBackend(WrittenSection backend) {
        if (backend.has(Backend.NAME)) {
            return backend.value(Backend.NAME);
        }
        Endpoint address = backend.value(Backend.ADDRESS);
        return address == null ? null : address.toString();
    }
}
