// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward;

import io.mainstay.net.Endpoint;
import java.util.Arrays;

/** The number that stands for a client in a hashed choice. */
final class ClientHash {

    private final HashConfig config;
    private final SipHash hash;

    ClientHash(HashConfig config) {
        this.config = config;
        hash = SipHash.ofSeed(config.seed());
    }

    long of(Endpoint client) {
        byte[] address = config.grouping().groupOf(client.address()).octets();
        return switch (config.key()) {
            case SOURCE -> hash.hash(address);
            case SOURCE_PORT -> {
                byte[] withPort = Arrays.copyOf(address, address.length + 2);
                withPort[address.length] = (byte) (client.port() >>> 8);
                withPort[address.length + 1] = (byte) client.port();
                yield hash.hash(withPort);
            }
        };
    }
}
