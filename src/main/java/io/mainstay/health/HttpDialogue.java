// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health;

import io.mainstay.net.Endpoint;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Asks a server by HTTP/1.1, and judges the status, and the body where something is looked for in it. */
final class HttpDialogue implements Dialogue {

    private final HealthCheckConfig.Http probe;
    private final Endpoint backend;
    private final HttpAnswer answer = new HttpAnswer();

    HttpDialogue(HealthCheckConfig.Http probe, Endpoint backend) {
        this.probe = probe;
        this.backend = backend;
    }

    @Override
    public byte[] opening() {
        StringBuilder request = new StringBuilder()
                .append(probe.method())
                .append(' ')
                .append(probe.path())
                .append(" HTTP/1.1\r\nHost: ")
                .append(probe.host().isEmpty() ? backend.toString() : probe.host())
                .append("\r\nUser-Agent: mainstay-health-check\r\nAccept: */*\r\nConnection: close\r\n");
        for (String header : probe.headers()) {
            request.append(header).append("\r\n");
        }
        return request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public @Nullable Finding onOctets(byte[] octets) {
        answer.take(octets);
        return judge();
    }

    @Override
    public Finding onEnd() {
        boolean nothing = answer.status() < 0;
        answer.end();
        Finding finding = judge();
        if (finding == null || (nothing && answer.status() < 0)) {
            return Finding.failed("connection closed before an answer");
        }
        return finding;
    }

    @Override
    public Finding onSilence(Duration timeout) {
        return Finding.failed("no complete answer within " + InWords.of(timeout));
    }

    private @Nullable Finding judge() {
        int status = answer.status();
        String problem = answer.problem();
        if (status < 0) {
            return problem == null ? null : Finding.failed(problem);
        }
        if (status < probe.lowestStatus() || status > probe.highestStatus()) {
            return status / 100 == 1
                    ? null
                    : Finding.failed("HTTP status " + status + " (expected: " + probe.lowestStatus() + ".."
                            + probe.highestStatus() + ")");
        }
        if (probe.expect().isNone()) {
            return Finding.passed("HTTP status " + status);
        }
        if (answer.hasInBody(probe.expect())) {
            return Finding.passed("HTTP status " + status + ", body with " + probe.expect());
        }
        if (problem != null) {
            return Finding.failed(problem);
        }
        return answer.isOver()
                ? Finding.failed("HTTP status " + status + ", body " + answer.shownBody() + " (expected: one with "
                        + probe.expect() + ")")
                : null;
    }
}
