# SPDX-License-Identifier: Apache-2.0
"""The same conversations through HAProxy in TCP mode and through Mainstay: octets, order of FIN and RST, distribution, refusals.

A test plays client and server itself and writes down what each of them saw. Where Mainstay means to differ, the
difference is written down here with its reason, and it is a failure when there is none any more.
"""

import select
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from balancers import GONE, LEAST, ONE, PORTS, SPARE, WEIGHTED, Balancer, HaProxyRelay, MainstayRelay, Origins

from lab import sockets
from lab.sockets import receive, reset, to_the_end
from lab.topology import ADDRESSES, Lab
from lab.waiting import wait_until

Transcript = list[str]

CALM_SECONDS = 0.1
"""So long nothing can be sent, and the buffers on the way are full."""


class Stage:
    """Both balancers and the servers behind them."""

    def __init__(self, lab: Lab) -> None:
        self.origins = Origins(lab)
        self.balancers: tuple[Balancer, ...] = (HaProxyRelay(lab), MainstayRelay(lab))
        for balancer in self.balancers:
            balancer.start()
        self.origins.forget_checks()
        self.origins.close(SPARE, "web1")
        self.origins.close(GONE, "web1")

    def both(self, scene: Callable[[Balancer, Origins], Transcript]) -> tuple[Transcript, Transcript]:
        theirs, ours = (scene(balancer, self.origins) for balancer in self.balancers)
        return theirs, ours

    def same(self, scene: Callable[[Balancer, Origins], Transcript]) -> Transcript:
        theirs, ours = self.both(scene)
        assert ours == theirs
        return ours


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Lab(("client", "lb1", "web1", "web2", "web3")) as lab:
        yield Stage(lab)


def pair(balancer: Balancer, origins: Origins) -> tuple[socket.socket, socket.socket]:
    client = balancer.client(ONE)
    return client, origins.accept(ONE)


def test_the_server_may_speak_first(stage: Stage) -> None:
    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        client, server = pair(balancer, origins)
        server.sendall(b"220 ready\r\n")
        greeting = receive(client, 11)
        client.sendall(b"QUIT\r\n")
        command = receive(server, 6)
        server.close()
        seen = to_the_end(client)
        client.close()
        return [greeting.decode(), command.decode(), seen]

    assert stage.same(scene) == ["220 ready\r\n", "QUIT\r\n", "0 octets, FIN"]


def test_who_has_finished_sending_still_gets_the_answer(stage: Stage) -> None:
    """As rsh, FTP's data connections and `nc -N` do."""

    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        client, server = pair(balancer, origins)
        client.sendall(b"all of it")
        client.shutdown(socket.SHUT_WR)
        asked = to_the_end(server)
        answer = b"answer" * 20_000
        server.sendall(answer)
        server.close()
        answered = to_the_end(client)
        client.close()
        return [asked, answered.split()[0], answered.split()[-1]]

    asked, count, ending = stage.same(scene)
    assert asked.startswith("9 octets") and asked.endswith("FIN")
    assert (count, ending) == ("120000", "FIN")


def test_the_server_may_finish_first(stage: Stage) -> None:
    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        client, server = pair(balancer, origins)
        server.sendall(b"that is all")
        server.shutdown(socket.SHUT_WR)
        told = to_the_end(client)
        client.sendall(b"still talking")
        heard = receive(server, 13).decode()
        client.close()
        return [told, heard, to_the_end(server)]

    assert stage.same(scene)[1:] == ["still talking", "0 octets, FIN"]


def test_a_client_that_goes_away_without_a_word(stage: Stage) -> None:
    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        client, server = pair(balancer, origins)
        # Until it knows that it is connected HAProxy gives a server up with a reset.
        server.sendall(b"220 ready\r\n")
        receive(client, 11)
        client.close()
        return [to_the_end(server)]

    assert stage.same(scene) == ["0 octets, FIN"]


def test_a_server_that_goes_away_without_a_word(stage: Stage) -> None:
    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        client, server = pair(balancer, origins)
        server.close()
        return [to_the_end(client)]

    assert stage.same(scene) == ["0 octets, FIN"]


def test_both_finish_at_the_same_time(stage: Stage) -> None:
    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        client, server = pair(balancer, origins)
        client.sendall(b"ping")
        server.sendall(b"pong")
        client.shutdown(socket.SHUT_WR)
        server.shutdown(socket.SHUT_WR)
        return [to_the_end(client), to_the_end(server)]

    assert all(line.startswith("4 octets") and line.endswith("FIN") for line in stage.same(scene))


def test_a_reset_of_the_server_is_not_a_good_end(stage: Stage) -> None:
    """HAProxy tells the client of a reset server by a FIN; who reads to the end takes a cut answer for a complete one."""

    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        client, server = pair(balancer, origins)
        server.sendall(b"half an ans")
        half = receive(client, 11).decode()
        reset(server)
        return [half, to_the_end(client)]

    theirs, ours = stage.both(scene)
    assert ours == ["half an ans", "0 octets, RST"]
    assert theirs == ["half an ans", "0 octets, FIN"]


def test_a_reset_of_the_client_is_not_a_good_end(stage: Stage) -> None:
    """The server must not take half an upload for a file; here HAProxy passes the reset on too."""

    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        client, server = pair(balancer, origins)
        client.sendall(b"half a file")
        half = receive(server, 11).decode()
        reset(client)
        return [half, to_the_end(server)]

    assert stage.same(scene) == ["half a file", "0 octets, RST"]


def test_large_streams_against_slow_readers(stage: Stage) -> None:
    """Neither side ends its stream before both have everything; what happens otherwise, the next test tells."""

    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        ends = pair(balancer, origins)
        complete = exchange(ends, end_when_sent=False)
        for end in ends:
            end.shutdown(socket.SHUT_WR)
        return [*complete, *map(to_the_end, ends)]

    assert stage.same(scene) == ["complete", "complete", "0 octets, FIN", "0 octets, FIN"]


def test_what_is_under_way_outlives_the_end_of_both_streams(stage: Stage) -> None:
    """Mainstay alone: HAProxy 2.6 cut both streams in 3 of 60 such exchanges and reset who still had octets to come.

    Both FINs wait behind octets that it has not read, as nobody takes those that it has. Once it has passed one of them on, it
    closes both sockets, with what is unread in them (TcpExtTCPAbortOnClose counts both).
    """
    mainstay = stage.balancers[-1]
    for _ in range(5):
        ends = pair(mainstay, stage.origins)
        assert exchange(ends, end_when_sent=True) == ["complete", "complete"]
        assert [to_the_end(end) for end in ends] == ["0 octets, FIN", "0 octets, FIN"]


def exchange(ends: tuple[socket.socket, socket.socket], *, end_when_sent: bool) -> Transcript:
    """8 MiB each way, of which nobody reads anything until no more can be sent; what becomes of each."""
    octets = bytes(range(256)) * (8 << 12)
    left = dict.fromkeys(ends, memoryview(octets))
    parts: dict[socket.socket, list[bytes]] = {end: [] for end in ends}
    for end in ends:
        end.setblocking(False)
    full = False
    while lacking := [end for end in ends if sum(map(len, parts[end])) < len(octets)]:
        unsent = [end for end in ends if left[end]]
        readable, writable, _ = select.select(lacking if full else [], unsent, [], CALM_SECONDS)
        for end in writable:
            left[end] = left[end][end.send(left[end]) :]
            if end_when_sent and not left[end]:
                end.shutdown(socket.SHUT_WR)
        for end in readable:
            more = end.recv(65536)
            assert more, f"the stream to {end.getsockname()} has ended {sum(map(len, parts[end]))} octets after its beginning"
            parts[end].append(more)
        full = full or not writable
    for end in ends:
        end.settimeout(sockets.PATIENCE_SECONDS)
    return ["complete" if b"".join(parts[end]) == octets else "garbled" for end in ends]


def test_single_octets(stage: Stage) -> None:
    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        client, server = pair(balancer, origins)
        for number in range(300):
            client.sendall(bytes([number % 256]))
        client.shutdown(socket.SHUT_WR)
        return [to_the_end(server)]

    assert stage.same(scene)[0].startswith("300 octets")


def test_octets_behind_urgent_ones_arrive(stage: Stage) -> None:
    """The urgent octet itself is out of the stream (RFC 6093); what stands around it is not."""

    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        client, server = pair(balancer, origins)
        with balancer.frozen():
            # So that all of it is there before any of it is read.
            client.sendall(b"before")
            client.send(b"!", socket.MSG_OOB)
            client.sendall(b"behind")
        seen = receive(server, 12).decode()
        client.close()
        return [seen, to_the_end(server)]

    assert stage.same(scene) == ["beforebehind", "0 octets, FIN"]


def test_a_backend_that_refuses_is_replaced_without_the_client_noticing(stage: Stage) -> None:
    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        seen = []
        for _ in range(6):
            client = balancer.client(SPARE)
            server = origins.accept(SPARE, "web2")
            server.sendall(b"web2")
            seen.append(receive(client, 4).decode())
            client.close()
            server.close()
        return seen

    assert stage.same(scene) == ["web2"] * 6


def test_without_a_backend_the_client_is_refused(stage: Stage) -> None:
    """HAProxy ends such a connection by a FIN before any octet, Mainstay resets it: nobody may take it for an empty answer."""

    def scene(balancer: Balancer, _: Origins) -> Transcript:
        try:
            client = balancer.client(GONE)
        except ConnectionResetError:
            return ["0 octets, RST"]
        return [to_the_end(client)]

    theirs, ours = stage.both(scene)
    assert ours == ["0 octets, RST"]
    assert theirs in (["0 octets, FIN"], ["0 octets, RST"])


def test_a_port_on_which_nobody_listens_is_refused_by_the_kernel(stage: Stage) -> None:
    for balancer in stage.balancers:
        with pytest.raises(ConnectionRefusedError):
            sockets.connect(balancer.lab["client"], ADDRESSES["lb1"], balancer.offset)


def test_weights_are_kept_by_round_robin(stage: Stage) -> None:
    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        counts = dict.fromkeys(WEIGHTED.backends, 0)
        for _ in range(40):
            client = balancer.client(WEIGHTED)
            name, server = origins.accept_any(WEIGHTED)
            counts[name] += 1
            client.close()
            server.close()
        return [f"{name} {count}" for name, count in counts.items()]

    assert stage.same(scene) == ["web1 20", "web2 10", "web3 10"]


def test_least_connections_fills_up_who_has_fewest(stage: Stage) -> None:
    def scene(balancer: Balancer, origins: Origins) -> Transcript:
        held: dict[str, list[tuple[socket.socket, socket.socket]]] = {name: [] for name in LEAST.backends}

        def one_more() -> None:
            client = balancer.client(LEAST)
            name, server = origins.accept_any(LEAST)
            # The balancer counts it from now on for certain.
            server.sendall(b"x")
            receive(client, 1)
            held[name].append((client, server))

        for _ in range(9):
            one_more()
        before = [f"{name} {len(held[name])}" for name in held]
        for client, server in held["web2"]:
            client.close()
            to_the_end(server)
            server.close()
        held["web2"].clear()
        # Both FINs have passed; the balancer may need a moment to close its ends.
        probe = balancer.client(ONE)
        other = origins.accept(ONE)
        probe.close()
        to_the_end(other)
        other.close()
        for _ in range(3):
            one_more()
        after = [f"{name} {len(held[name])}" for name in held]
        for pairs in held.values():
            for client, server in pairs:
                client.close()
                server.close()
        return before + after

    expected = [f"{name} 3" for name in LEAST.backends]
    assert stage.same(scene) == expected + expected


def test_want_of_ports_is_not_held_against_backends(stage: Stage) -> None:
    """Mainstay alone. Towards each backend the node has four ports: web1, which has the greatest weight, runs out of them first."""
    mainstay = stage.balancers[-1]
    assert isinstance(mainstay, MainstayRelay)
    before = mainstay.refused(WEIGHTED)
    with few_ports(mainstay):
        ends = []
        for _ in range(12):
            client = mainstay.client(WEIGHTED)
            name, server = stage.origins.accept_any(WEIGHTED)
            server.sendall(b"x")
            assert receive(client, 1) == b"x"
            ends.append((name, client, server))
        assert Counter(name for name, _, _ in ends) == dict.fromkeys(WEIGHTED.backends, 4)
        with suppress(ConnectionResetError):
            assert to_the_end(mainstay.client(WEIGHTED)) == "0 octets, RST"
    for _, client, server in ends:
        reset(client)
        reset(server)
    assert mainstay.refused(WEIGHTED) - before == {"no_resources": 1}


def test_a_check_for_which_there_is_no_port_says_nothing_about_the_backend(stage: Stage) -> None:
    """Mainstay alone. Its checks go to the port of the backend to which its clients are connected."""
    mainstay = stage.balancers[-1]
    assert isinstance(mainstay, MainstayRelay)
    stage.origins.forget_checks()
    wait_until("its checks pass", lambda: mainstay.backend(PORTS, "web1")["state"] == "HEALTHY")
    with few_ports(mainstay):
        clients = []
        # The last one is refused at the latest: some of the ports may be those of checks that are over.
        for _ in range(5):
            with suppress(ConnectionResetError):
                clients.append(mainstay.client(PORTS))
        wait_until("a client is refused", lambda: mainstay.refused(PORTS)["no_resources"] > 0)
        seen: set[str] = set()

        def several_failed() -> bool:
            check = mainstay.backend(PORTS, "web1")["last_check"]
            if "no port left" in check["detail"]:
                seen.add(check["at"])
            return len(seen) == 5

        wait_until("checks found no port", several_failed)
        assert mainstay.backend(PORTS, "web1")["state"] == "HEALTHY"
    for client in clients:
        reset(client)


@contextmanager
def few_ports(balancer: Balancer) -> Iterator[None]:
    """Connections of its node have four ports towards each address and port meanwhile, none of them used before."""
    name = "net.ipv4.ip_local_port_range"
    before = balancer.node.run("sysctl", "-n", name).strip()
    balancer.node.run("sysctl", "-qw", f"{name}=62000 62003")
    try:
        yield
    finally:
        balancer.node.run("sysctl", "-qw", f"{name}={before}")
