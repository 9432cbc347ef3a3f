// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** What a handshake has shown of the other side. */
final class Certificates {

    private Certificates() {}

    /** Such as {@code TLSv1.3, certificate valid for 43 days}. */
    static String shown(SSLSession session) {
        return session.getProtocol() + validity(session);
    }

    private static String validity(SSLSession session) {
        return timeLeft(session)
                .map(left -> left.isNegative()
                        ? ", certificate expired " + left.negated().toDays() + " days ago"
                        : ", certificate valid for " + left.toDays() + " days")
                .orElse("");
    }

    /** Whether the server's certificate has expired, which nobody looks at if it is its own authority. */
    static boolean isExpired(SSLSession session) {
        return timeLeft(session).map(Duration::isNegative).orElse(false);
    }

    private static Optional<Duration> timeLeft(SSLSession session) {
        try {
            Certificate[] chain = session.getPeerCertificates();
            if (chain.length > 0 && chain[0] instanceof X509Certificate certificate) {
                return Optional.of(Duration.between(
                        Instant.now(), certificate.getNotAfter().toInstant()));
            }
        } catch (SSLPeerUnverifiedException anonymous) {
            // A server without certificate has nothing that could expire.
        }
        return Optional.empty();
    }
}
