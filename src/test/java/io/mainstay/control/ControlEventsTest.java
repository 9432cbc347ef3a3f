// SPDX-License-Identifier: Apache-2.0
package io.mainstay.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mainstay.observe.Event;
import io.mainstay.observe.EventDraft;
import io.mainstay.observe.EventFeed;
import io.mainstay.observe.EventJson;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events that are listed or followed, and those who follow them. */
class ControlEventsTest {

    @TempDir
    Path directory;

    private ControlRig rig;

    @BeforeEach
    void open() throws IOException {
        rig = ControlRig.open(directory);
    }

    @AfterEach
    void close() {
        rig.close();
    }

    @Test
    void eventsAreListedFromANumberOn() throws Exception {
        for (int i = 1; i <= 3; i++) {
            rig.journal.append(EventDraft.info("test", "web", "event " + i));
        }
        await().atMost(ControlRig.PATIENCE).until(() -> rig.journal.since(0).size() == 3);
        assertThat(rig.client
                        .get("/v1/events?since=1")
                        .body()
                        .lines()
                        .map(EventJson::fromLine)
                        .toList())
                .isEqualTo(rig.journal.since(1));
        assertThat(rig.client.get("/v1/events").body().lines()).hasSize(3);
        assertThat(rig.client.get("/v1/events?since=3").body()).isEmpty();
    }

    @Test
    void eventsAreFollowedAsTheyCome() throws Exception {
        rig.journal.append(EventDraft.info("test", "web", "before"));
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        CompletableFuture<Optional<ControlClient.Reply>> following = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                following.complete(rig.client.follow("/v1/events?since=0&follow=true", lines::add));
            } catch (ControlClientException e) {
                following.completeExceptionally(e);
            }
        });
        for (String sentence : List.of("before", "second", "third")) {
            if (!sentence.equals("before")) {
                rig.journal.append(EventDraft.info("test", "web", sentence));
            }
            String line = lines.poll(30, TimeUnit.SECONDS);
            assertThat(line).isNotNull();
            assertThat(EventJson.fromLine(line).sentence()).isEqualTo(sentence);
        }
        rig.journal.close();
        assertThat(following.get(30, TimeUnit.SECONDS))
                .as("the feed's end ends the answer")
                .isEmpty();
    }

    @Test
    void followersThatGoAwayMakeRoomForOthers() throws Exception {
        List<SocketChannel> followers = new ArrayList<>();
        for (int i = 0; i < ControlServer.MOST_CONNECTIONS; i++) {
            SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(rig.socket));
            channel.write(ByteBuffer.wrap(
                    "GET /v1/events?follow=true HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
            ByteBuffer first = ByteBuffer.allocate(1);
            assertThat(channel.read(first)).isEqualTo(1);
            followers.add(channel);
        }
        assertThat(rig.exchange("GET /v1/version HTTP/1.1\r\n\r\n"))
                .as("no room")
                .isEmpty();
        for (SocketChannel follower : followers) {
            follower.close();
        }
        await().atMost(ControlRig.PATIENCE)
                .ignoreExceptions()
                .until(() -> rig.client.get("/v1/version").good());
    }

    @Test
    void nobodyWaitsForEventsOnBehalfOfAFollowerWhoHasGone() throws Exception {
        BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        EventFeed silent = new EventFeed() {
            @Override
            public List<Event> since(long sequence) {
                return List.of();
            }

            @Override
            public List<Event> awaitSince(long sequence, Duration timeout) throws InterruptedException {
                seen.add("waits");
                try {
                    new CountDownLatch(1).await(timeout.toSeconds(), TimeUnit.SECONDS);
                    return List.of();
                } catch (InterruptedException e) {
                    seen.add("interrupted");
                    throw e;
                }
            }

            @Override
            public boolean ended() {
                return false;
            }
        };
        Path other = directory.resolve("other.sock");
        try (ControlServer silentServer = ControlServer.open(other, rig.handler, silent)) {
            assertThat(silentServer).isNotNull();
            SocketChannel follower = SocketChannel.open(UnixDomainSocketAddress.of(other));
            follower.write(ByteBuffer.wrap(
                    "GET /v1/events?follow=true HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
            assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo("waits");
            follower.close();
            assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo("interrupted");
        }
    }

    @Test
    void closingEndsThoseWhoFollow() throws Exception {
        CompletableFuture<Optional<ControlClient.Reply>> following = new CompletableFuture<>();
        BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        Thread.ofVirtual().start(() -> {
            try {
                following.complete(rig.client.follow("/v1/events?follow=true", lines::add));
            } catch (ControlClientException e) {
                following.completeExceptionally(e);
            }
        });
        rig.journal.append(EventDraft.info("test", "web", "one"));
        assertThat(lines.poll(30, TimeUnit.SECONDS)).isNotNull();
        rig.server.close();
        assertThat(following
                        .handle((reply, thrown) -> thrown == null ? "ended" : String.valueOf(thrown.getMessage()))
                        .get(30, TimeUnit.SECONDS))
                .isEqualTo("it closed the connection before its answer was complete");
    }
}
