// SPDX-License-Identifier: Apache-2.0
package io.mainstay.forward.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Batches of datagrams between three sockets: one that sends, one in the middle, one that receives. */
class DatagramBatchTest {

    private static final int SOL_UDP = 17;
    private static final int UDP_SEGMENT = 103;

    private final DatagramBatch batch = new DatagramBatch();
    private final List<UdpSocket> sockets = new ArrayList<>();
    private UdpSocket sender;
    private UdpSocket middle;
    private UdpSocket receiver;

    @BeforeEach
    void open() throws IOException {
        Epoll.ensureAvailability();
        sender = socket();
        middle = socket();
        receiver = socket();
    }

    @AfterEach
    void close() {
        sockets.forEach(UdpSocket::closeQuietly);
        batch.close();
    }

    private UdpSocket socket() throws IOException {
        UdpSocket socket = UdpSocket.open(false);
        sockets.add(socket);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return socket;
    }

    private static void send(UdpSocket from, UdpSocket to, byte[] octets) throws IOException {
        Block block = new Block(Math.max(octets.length, 1));
        block.bytes().put(0, octets);
        from.connect(to.localAddress());
        assertThat(from.sendAddress(block.address(), 0, octets.length)).isEqualTo(octets.length);
        block.free();
    }

    private static byte[] octets(int length, int seed) {
        byte[] octets = new byte[length];
        for (int i = 0; i < length; i++) {
            octets[i] = (byte) (i * 31 + seed);
        }
        return octets;
    }

    private byte[] slot(int slot) {
        return batch.octets(slot).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Receives all that comes, so many datagrams. */
    private List<byte[]> receive(UdpSocket socket, int datagrams) {
        List<byte[]> received = new ArrayList<>();
        await().pollInSameThread().atMost(EngineBench.PATIENCE).until(() -> {
            int count = batch.receive(socket, 0, DatagramBatch.SLOTS);
            for (int slot = 0; slot < count; slot++) {
                received.add(slot(slot));
            }
            return received.size() >= datagrams;
        });
        return received;
    }

    private UdpClient clientOf(UdpSocket socket) {
        return new UdpClient(0, 0xFFFF_7F00_0001L, socket.localAddress().getPort(), 0, 0, 0);
    }

    @Test
    void nothingToReceiveIsToldWithoutWaiting() {
        assertThat(batch.receive(middle, 0, 8)).isEqualTo(-DatagramBatch.EAGAIN);
    }

    @Test
    void severalDatagramsComeInOneCallEachWithItsSender() throws IOException {
        send(sender, middle, octets(10, 1));
        send(receiver, middle, octets(2000, 2));
        assertThat(batch.receive(middle, 3, 8)).isEqualTo(2);
        assertThat(slot(3)).isEqualTo(octets(10, 1));
        assertThat(slot(4)).isEqualTo(octets(2000, 2));
        assertThat(UdpClient.of(batch, 3)).isEqualTo(clientOf(sender));
        assertThat(UdpClient.of(batch, 4)).isEqualTo(clientOf(receiver));
        assertThat(UdpClient.of(batch, 3).endpoint().toString())
                .isEqualTo("127.0.0.1:" + sender.localAddress().getPort());
        assertThat(batch.datagrams(3)).isEqualTo(1);
    }

    @Test
    void whatWasReceivedIsSentOnFromItsSlot() throws IOException {
        send(sender, middle, octets(100, 1));
        send(sender, middle, octets(200, 2));
        assertThat(batch.receive(middle, 0, 8)).isEqualTo(2);
        batch.address(0, clientOf(receiver));
        batch.address(1, clientOf(receiver));
        assertThat(batch.send(middle, 0, 2)).isZero();
        assertThat(receive(receiver, 2)).containsExactly(octets(100, 1), octets(200, 2));
    }

    @Test
    void whatTheKernelMergedIsSentOnAsItWas() throws IOException {
        middle.mergeReceived();
        sender.setIntOpt(SOL_UDP, UDP_SEGMENT, 100);
        send(sender, middle, octets(450, 7));
        assertThat(batch.receive(middle, 0, 8)).isEqualTo(1);
        assertThat(batch.segmentSize(0)).isEqualTo(100);
        assertThat(batch.datagrams(0)).isEqualTo(5);
        middle.connect(receiver.localAddress());
        batch.addressToPeer(0, 1);
        assertThat(batch.send(middle, 0, 1)).isZero();
        List<byte[]> received = receive(receiver, 5);
        assertThat(received).extracting(each -> each.length).containsExactly(100, 100, 100, 100, 50);
        assertThat(received.get(4)).isEqualTo(Arrays.copyOfRange(octets(450, 7), 400, 450));
    }

    @Test
    void datagramsOfOneLengthGoInOnePieceAndArriveAsTheyWere() throws IOException {
        UdpSocket other = socket();
        int[] lengths = {100, 100, 100, 60, 60, 0, 60, 2000, 2000, 100, 100, 101};
        List<byte[]> sent = new ArrayList<>();
        for (int i = 0; i < lengths.length; i++) {
            sent.add(octets(lengths[i], i));
            send(sender, middle, sent.get(i));
        }
        assertThat(batch.receive(middle, 0, lengths.length)).isEqualTo(lengths.length);
        for (int i = 0; i < lengths.length; i++) {
            batch.address(i, clientOf(i == 10 ? other : receiver));
        }
        assertThat(batch.send(middle, 0, lengths.length)).isZero();
        byte[] elsewhere = sent.remove(10);
        assertThat(receive(receiver, sent.size())).containsExactlyElementsOf(sent);
        assertThat(receive(other, 1)).containsExactly(elsewhere);
    }

    @Test
    void aPieceStaysOneWhereTheReceiverTakesPieces() throws IOException {
        receiver.mergeReceived();
        for (int i = 0; i < 4; i++) {
            send(sender, middle, octets(i == 3 ? 10 : 100, i));
        }
        assertThat(batch.receive(middle, 0, 8)).isEqualTo(4);
        middle.connect(receiver.localAddress());
        batch.addressToPeer(0, 4);
        assertThat(batch.send(middle, 0, 4)).isZero();
        assertThat(receive(receiver, 1)).extracting(each -> each.length).containsExactly(310);
    }

    @Test
    void aPieceThatTheKernelRefusesGoesOneByOne() throws IOException {
        send(sender, middle, octets(100, 1));
        send(sender, middle, octets(100, 2));
        assertThat(batch.receive(middle, 0, 8)).isEqualTo(2);
        // Without a checksum (SO_NO_CHECK) the kernel takes no pieces.
        middle.setIntOpt(1, 11, 1);
        middle.connect(receiver.localAddress());
        batch.addressToPeer(0, 2);
        assertThat(batch.send(middle, 0, 2)).isZero();
        assertThat(receive(receiver, 2)).containsExactly(octets(100, 1), octets(100, 2));
    }

    @Test
    void whatCannotGoInOnePieceGoesOneByOne() throws IOException {
        middle.mergeReceived();
        sender.setIntOpt(SOL_UDP, UDP_SEGMENT, 1000);
        send(sender, middle, octets(9_500, 7));
        assertThat(batch.receive(middle, 0, 8)).isEqualTo(1);
        // Without a checksum (SO_NO_CHECK) the kernel takes no merged datagrams.
        middle.setIntOpt(1, 11, 1);
        batch.address(0, clientOf(receiver));
        assertThat(batch.send(middle, 0, 1)).isZero();
        List<byte[]> received = receive(receiver, 10);
        assertThat(received).hasSize(10).last().isEqualTo(Arrays.copyOfRange(octets(9_500, 7), 9_000, 9_500));
    }

    @Test
    void aRefusalIsToldAndTheDatagramBehindItIsTried() throws IOException {
        InetSocketAddress nobody = receiver.localAddress();
        receiver.closeQuietly();
        send(sender, middle, octets(10, 1));
        assertThat(batch.receive(middle, 0, 8)).isEqualTo(1);
        UdpSocket towardsNobody = socket();
        towardsNobody.connect(nobody);
        batch.addressToPeer(0, 1);
        assertThat(batch.send(towardsNobody, 0, 1)).isZero();
        await().pollInSameThread()
                .atMost(EngineBench.PATIENCE)
                .until(() -> batch.send(towardsNobody, 0, 1) == DatagramBatch.ECONNREFUSED);
    }
}
