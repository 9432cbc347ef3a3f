// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.mainstay.health.Finding;
import io.mainstay.kernel.Command;
import io.mainstay.kernel.CommandResult;
import io.mainstay.kernel.Commands;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** A program of the operator that judges a backend: its exit status decides. It runs on a thread of its own. */
final class CommandProbe implements Probing {

    private final ProbeLog log;
    private final Thread thread;

    CommandProbe(
            Commands commands,
            List<String> command,
            ProbeTarget target,
            Duration timeout,
            EventLoop loop,
            Consumer<ProbeOutcome> told) {
        log = new ProbeLog(told);
        log.begin("run");
        Map<String, String> environment = Map.of(
                "MAINSTAY_SERVICE", target.service(),
                "MAINSTAY_BACKEND", target.backend(),
                "MAINSTAY_ADDRESS", target.endpoint().address().toString(),
                "MAINSTAY_PORT", Integer.toString(target.endpoint().port()));
        thread = Thread.ofVirtual().name("mainstay-check-command").start(() -> {
            CommandResult result = commands.run(new Command(command, environment, timeout));
            try {
                loop.execute(() -> log.decide(
                        result.isSuccess() ? Finding.passed(result.sentence()) : Finding.failed(result.sentence())));
            } catch (RejectedExecutionException closed) {
                // Nobody is left who would want to know.
            }
        });
    }

    @Override
    public void cancel() {
        log.silence();
        thread.interrupt();
    }
}
