// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.mainstay.health.HealthCheckConfig.TlsConfig;
import io.mainstay.net.Endpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Makes the client's side of TLS for checks. Files of certificates are read once, when they are first needed. */
final class TlsEngines {

    /** Where Debian and Red Hat keep the authorities that the machine trusts. */
    private static final List<Path> SYSTEM_AUTHORITIES =
            List.of(Path.of("/etc/ssl/certs/ca-certificates.crt"), Path.of("/etc/pki/tls/certs/ca-bundle.crt"));

    /** How a context trusts: not at all, or by a file. */
    private record Trust(boolean verify, Optional<String> caFile) {}

    private final Map<Trust, SSLContext> contexts = new HashMap<>();

    /**
     * An engine for one connection.
     *
     * @throws IOException if the certificates of the authorities cannot be read; the message names the file
     */
    SSLEngine engine(TlsConfig config, Endpoint backend) throws IOException {
        Trust trust = new Trust(config.verify(), config.caFile());
        SSLContext context = contexts.get(trust);
        if (context == null) {
            context = context(trust);
            contexts.put(trust, context);
        }
        String host = config.serverName().isEmpty() ? backend.address().toString() : config.serverName();
        SSLEngine engine = context.createSSLEngine(host, backend.port());
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        if (!config.serverName().isEmpty()) {
            parameters.setServerNames(List.of(new SNIHostName(config.serverName())));
        }
        if (config.verify()) {
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        engine.setSSLParameters(parameters);
        return engine;
    }

    private static SSLContext context(Trust trust) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.verify() ? verifying(trust.caFile()) : new TrustManager[] {new AnyServer()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException("certificates: " + e.getMessage(), e);
        }
    }

    private static TrustManager[] verifying(Optional<String> caFile) throws GeneralSecurityException, IOException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        Optional<Path> file = caFile.map(Path::of)
                .or(() -> SYSTEM_AUTHORITIES.stream().filter(Files::isReadable).findFirst());
        // Without any file the runtime's own list counts.
        factory.init(file.isPresent() ? authorities(file.get()) : null);
        return factory.getTrustManagers();
    }

    private static KeyStore authorities(Path file) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int count = 0;
        try (InputStream in = Files.newInputStream(file)) {
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("authority-" + count++, each);
            }
        } catch (IOException e) {
            throw new IOException(file + ": " + ProbeText.ofFile(e), e);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + ": not a file of certificates", e);
        }
        if (count == 0) {
            throw new IOException(file + ": no certificate in it");
        }
        return store;
    }

    /** Takes any certificate: a check that is not told to verify asks whether the server is there, not who it is. */
    private static final class AnyServer extends X509ExtendedTrustManager {

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {
            throw new UnsupportedOperationException("a check is never a server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {
            throw new UnsupportedOperationException("a check is never a server");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
            throw new UnsupportedOperationException("a check is never a server");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
