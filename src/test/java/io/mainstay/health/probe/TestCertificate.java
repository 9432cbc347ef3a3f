// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A server's key with a certificate that it has signed itself, made by the keytool of the JDK. */
record TestCertificate(Path store, Path pem) {

    private static final String PASSWORD = "changeit";

    /** @param daysLeft until it expires; negative: since it has */
    static TestCertificate make(Path directory, String name, int daysLeft) throws IOException, InterruptedException {
        Path store = directory.resolve("store.p12");
        Path pem = directory.resolve("cert.pem");
        int age = 10;
        keytool(
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "SAN=DNS:" + name,
                "-startdate",
                "-" + age + "d",
                "-validity",
                Integer.toString(age + daysLeft),
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
        keytool(
                "-exportcert",
                "-rfc",
                "-alias",
                "server",
                "-file",
                pem.toString(),
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
        return new TestCertificate(store, pem);
    }

    private static void keytool(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/keytool"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError("keytool failed: " + said);
        }
    }

    /** A socket of loopback that speaks TLS with this certificate. */
    ServerSocket listen() throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context.getServerSocketFactory().createServerSocket(0, 16, InetAddress.getLoopbackAddress());
    }
}
