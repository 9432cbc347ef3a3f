// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.migrate.Draft.Section;
import java.util.Optional;

/** Which version of VRRP an instance speaks, and with which checksum. */
final class Versions {

    private final Directive instance;
    private Optional<Directive> version;
    private Optional<Directive> checksum = Optional.empty();

    Versions(Directive instance, GlobalDefs global) {
        this.instance = instance;
        version = global.version();
        instance.find("version").ifPresent(this::take);
    }

    void take(Directive directive) {
        version = Optional.of(directive);
    }

    void takeChecksum(Directive directive) {
        checksum = Optional.of(directive);
    }

    /** As keepalived has it: 2 for IPv4 unless told otherwise, 3 for IPv6 in any case. */
    boolean isVersion3() {
        boolean ipv6 = instance.find("virtual_ipaddress")
                .flatMap(block -> block.block().stream().findFirst())
                .filter(address -> address.name().indexOf(':') >= 0)
                .isPresent();
        return ipv6 || version.map(Directive::argument).orElse("2").equals("3");
    }

    void into(Section router, Notes notes) {
        if (!isVersion3()) {
            router.put("version", 2, version.orElse(instance));
            if (version.isEmpty()) {
                notes.changed(
                        instance,
                        "it speaks VRRP version 2, keepalived's default: once no keepalived is left, version: 3 allows"
                                + " shorter intervals");
            }
            checksum.ifPresent(each -> notes.notNeeded(each, "VRRP version 2 has one checksum only"));
            return;
        }
        checksum.ifPresent(each -> {
            if (Numbers.on(each.argument())) {
                router.put("checksum", "rfc9568", each);
            }
        });
    }
}
