// SPDX-License-Identifier: Apache-2.0
package io.mainstay.health.probe;

import io.mainstay.health.AgentCheckConfig;
import io.mainstay.health.AgentDialogue;
import io.mainstay.health.Dialogue;
import io.mainstay.health.Dialogues;
import io.mainstay.health.Finding;
import io.mainstay.health.HealthCheckConfig;
import io.mainstay.health.HealthCheckConfig.Dns;
import io.mainstay.health.HealthCheckConfig.Exec;
import io.mainstay.health.HealthCheckConfig.Http;
import io.mainstay.health.HealthCheckConfig.Tcp;
import io.mainstay.health.HealthCheckConfig.Tls;
import io.mainstay.health.HealthCheckConfig.TlsConfig;
import io.mainstay.health.HealthCheckConfig.Udp;
import io.mainstay.health.Payload;
import io.mainstay.kernel.Commands;
import io.mainstay.net.Endpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLEngine;

/** Carries single checks out. Used on the thread of its event loop alone. */
public final class Prober {

    private final EventLoop loop;
    private final Commands commands;
    private final RandomGenerator random;
    private final TlsEngines tlsEngines = new TlsEngines();

    public Prober(EventLoop loop, Commands commands, RandomGenerator random) {
        this.loop = loop;
        this.commands = commands;
        this.random = random;
    }

    /**
     * Starts a check.
     *
     * @param told is given the outcome once, unless the check is cancelled before
     */
    public Probing start(HealthCheckConfig check, ProbeTarget target, Consumer<ProbeOutcome> told) {
        Endpoint at = target.at(check.port());
        return switch (check.probe()) {
            case Tcp tcp -> stream(dialogue(check, at), check.timeout(), Optional.empty(), at, target, told);
            case Http http -> stream(dialogue(check, at), check.timeout(), http.tls(), at, target, told);
            case Tls tls -> stream(dialogue(check, at), check.timeout(), Optional.of(tls.tls()), at, target, told);
            case Udp udp -> datagram(dialogue(check, at), check.timeout(), at, told);
            case Dns dns -> datagram(dialogue(check, at), check.timeout(), at, told);
            case Exec exec -> new CommandProbe(commands, exec.command(), target, check.timeout(), loop, told);
        };
    }

    private Dialogue dialogue(HealthCheckConfig check, Endpoint at) {
        return Dialogues.of(check.probe(), at, random.nextInt());
    }

    /** Asks the agent of a backend, as {@link #start}. */
    public Probing ask(AgentCheckConfig agent, ProbeTarget target, Consumer<ProbeOutcome> told) {
        return stream(
                new AgentDialogue(agent.send()),
                agent.timeout(),
                Optional.empty(),
                target.at(agent.port()),
                target,
                told);
    }

    private Probing stream(
            Dialogue dialogue,
            Duration timeout,
            Optional<TlsConfig> tls,
            Endpoint at,
            ProbeTarget target,
            Consumer<ProbeOutcome> told) {
        StreamProbe probe = new StreamProbe(dialogue, timeout, level(tls), told);
        ChannelHandler handler = probe;
        if (tls.isPresent()) {
            SSLEngine engine;
            try {
                engine = tlsEngines.engine(tls.get(), at);
            } catch (IOException unreadable) {
                return failed(String.valueOf(unreadable.getMessage()), told);
            }
            handler = behindTls(engine, probe);
        }
        Payload preface = target.prefaceAt(at);
        bootstrap(preface.isNone() ? handler : new Preface(preface.octets(), handler))
                .channel(EpollSocketChannel.class)
                // The probe's timeout covers the connect too.
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
                .connect(address(at))
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        probe.onConnectFailed(done.cause());
                    }
                });
        return probe;
    }

    private static StreamProbe.Tls level(Optional<TlsConfig> tls) {
        return tls.map(config -> config.verify() ? StreamProbe.Tls.VALID_CERTIFICATE : StreamProbe.Tls.ANY_CERTIFICATE)
                .orElse(StreamProbe.Tls.NONE);
    }

    private static ChannelHandler behindTls(SSLEngine engine, StreamProbe probe) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                SslHandler tls = new SslHandler(engine);
                // The probe's timeout covers the handshake too, and nobody waits for the last words.
                tls.setHandshakeTimeoutMillis(0);
                tls.setCloseNotifyFlushTimeoutMillis(0);
                channel.pipeline().addLast(tls, probe);
            }
        };
    }

    private Probing datagram(Dialogue dialogue, Duration timeout, Endpoint at, Consumer<ProbeOutcome> told) {
        DatagramProbe probe = new DatagramProbe(dialogue, timeout, told);
        bootstrap(probe)
                .channel(EpollDatagramChannel.class)
                .connect(address(at))
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        probe.onConnectFailed(done.cause());
                    }
                });
        return probe;
    }

    private Bootstrap bootstrap(ChannelHandler handler) {
        return new Bootstrap()
                .group(loop)
                // A few small buffers a second are not worth an arena.
                .option(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
                .handler(handler);
    }

    /** Told later, as every outcome is: whoever asks has to have the probing in hand first. */
    private Probing failed(String reason, Consumer<ProbeOutcome> told) {
        ProbeLog log = new ProbeLog(told);
        loop.execute(() -> log.decide(Finding.failed(reason)));
        return log::silence;
    }

    private static InetSocketAddress address(Endpoint endpoint) {
        try {
            return new InetSocketAddress(
                    InetAddress.getByAddress(endpoint.address().octets()), endpoint.port());
        } catch (UnknownHostException e) {
            throw new AssertionError("an address has 4 or 16 octets", e);
        }
    }
}
