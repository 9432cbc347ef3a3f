// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.netty.handler.ssl.NotSslRecordException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.NoSuchFileException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Duration;

/** What befalls a check, in words for an operator. */
final class ProbeText {

    private ProbeText() {}

    /** Such as {@code 3s} or {@code 250ms}. */
    static String of(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    /** Why a handshake failed: the cause of all causes that says so in words. */
    static String ofTls(Throwable failure) {
        Throwable cause = failure;
        while (true) {
            switch (cause) {
                case NotSslRecordException ignored -> {
                    return "the answer is not TLS";
                }
                case CertPathBuilderException ignored -> {
                    return "the certificate is of no authority that is trusted";
                }
                case CertificateExpiredException ignored -> {
                    return "the certificate has expired";
                }
                case CertificateNotYetValidException ignored -> {
                    return "the certificate is not valid yet";
                }
                case ClosedChannelException ignored -> {
                    return "connection closed before the handshake was done";
                }
                default -> {
                    if (cause.getCause() == null) {
                        return SocketErrors.reason(cause);
                    }
                    cause = cause.getCause();
                }
            }
        }
    }

    /** Why a file could not be read. */
    static String ofFile(IOException failure) {
        return failure instanceof NoSuchFileException || failure instanceof FileNotFoundException
                ? "no such file"
                : String.valueOf(failure.getMessage());
    }
}
