// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import io.mainstay.health.HealthCheckConfig.Dns;
import io.mainstay.health.HealthCheckConfig.Exec;
import io.mainstay.health.HealthCheckConfig.Http;
import io.mainstay.health.HealthCheckConfig.Probe;
import io.mainstay.health.HealthCheckConfig.Tcp;
import io.mainstay.health.HealthCheckConfig.Tls;
import io.mainstay.health.HealthCheckConfig.Udp;
import io.mainstay.net.Endpoint;

/** What is said in each kind of check. */
public final class Dialogues {

    private Dialogues() {}

    /**
     * The dialogue of a check that speaks to the backend over a socket.
     *
     * @param backend where it is spoken to
     * @param random any bits, by which an answer is known from that to another question
     * @throws IllegalArgumentException for a probe that runs a program
     */
    public static Dialogue of(Probe probe, Endpoint backend, int random) {
        return switch (probe) {
            case Tcp tcp -> new TextDialogue(tcp);
            case Http http -> new HttpDialogue(http, backend);
            case Tls tls -> new HandshakeDialogue();
            case Udp udp -> new DatagramDialogue(udp);
            case Dns dns -> new DnsDialogue(dns, random);
            case Exec exec -> throw new IllegalArgumentException("exec (expected: a probe that uses a socket)");
        };
    }
}
