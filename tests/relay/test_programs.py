# SPDX-License-Identifier: Apache-2.0
"""Programs that people use, through the virtual address: what they do without a balancer they do with it."""

import hashlib
import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import sockets
from lab.mainstay import Mainstay, Settings
from lab.node import Node
from lab.process import Process
from lab.topology import ADDRESSES, BACKENDS, VIP, Lab
from lab.waiting import wait_until

SSH, DNS, REDIS, IPERF, WEBSOCKET, HALF_CLOSE = 22, 53, 6379, 5201, 8765, 2020
FIRST = BACKENDS[0]
SSH_OPTIONS = (
    "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
    "-o", "LogLevel=ERROR",
)  # fmt: skip

WEBSOCKET_SERVER = """
import asyncio, sys, websockets
async def echo(socket, path=None):
    async for message in socket:
        await socket.send(message)
async def main():
    async with websockets.serve(echo, sys.argv[1], int(sys.argv[2]), max_size=None):
        print("serves", flush=True)
        await asyncio.Future()
asyncio.run(main())
"""

WEBSOCKET_CLIENT = """
import asyncio, sys, websockets
async def main():
    async with websockets.connect(f"ws://{sys.argv[1]}:{sys.argv[2]}", max_size=None) as socket:
        for size in (1, 125, 126, 65535, 65536, 3_000_000):
            message = bytes(size % 251 for _ in range(size))
            await socket.send(message)
            assert await socket.recv() == message, size
        await socket.ping()
    print("closed", socket.close_code)
asyncio.run(main())
"""


def service(name: str, port: int, *backends: str, listen: str = "tcp", extra: str = "") -> str:
    listeners = ", ".join(f"{VIP}:{port}/{transport}" for transport in listen.split())
    lines = f"    {extra}\n" if extra else ""
    members = "".join(f"      - {{name: {one}, address: {ADDRESSES[one]}:{port}}}\n" for one in backends)
    return f"""\
  - name: {name}
    listen: [{listeners}]
    health_check: {{type: tcp, interval: 300ms, timeout: 250ms, success: 1}}
{lines}    backends:
{members}"""


CONFIGURATION = f"""\
virtual_routers:
  - {{interface: eth0, vrid: 51, priority: 250, advertisement_interval: 100ms, addresses: [{VIP}/24]}}
services:
{service("ssh", SSH, *BACKENDS)}\
{service("redis", REDIS, FIRST)}\
{service("dns", DNS, *BACKENDS, listen="udp tcp", extra="udp: {responses: 1}")}\
{service("iperf", IPERF, FIRST, listen="tcp udp")}\
{service("websocket", WEBSOCKET, *BACKENDS)}\
{service("half-close", HALF_CLOSE, FIRST)}"""


@pytest.fixture(scope="module")
def client() -> Iterator[Node]:
    """The client of a lab in which every program serves behind the virtual address."""
    with Lab(("client", "lb1", *BACKENDS)) as lab:
        for name in BACKENDS:
            start_servers(lab[name], ADDRESSES[name])
        half_close = threading.Thread(target=answer_after_the_end, args=(lab[FIRST], ADDRESSES[FIRST]), daemon=True)
        half_close.start()
        mainstay = Mainstay(lab["lb1"], Settings("lb1", 250))
        mainstay.start(CONFIGURATION)

        def ready() -> bool:
            if not mainstay.daemon.running:
                raise AssertionError(f"mainstayd has ended:\n{mainstay.log()}")
            if VIP not in " ".join(lab["lb1"].addresses()):
                return False
            states = [one["state"] for each in mainstay.status()["services"] for one in each["backends"]]
            return set(states) == {"HEALTHY"}

        wait_until("the address is held and every backend is healthy", ready, 60)
        yield lab["client"]


def start_servers(node: Node, address: str) -> None:
    start_sshd(node, address)
    node.start("dnsmasq", "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
               "--bind-interfaces", f"--listen-address={address}", "--user=root", "--pid-file=",
               f"--txt-record=who.example,{node.name}", "--address=/host.example/198.51.100.7",
               f"--txt-record=long.example,{','.join(str(number) * 100 for number in range(9))}")  # fmt: skip
    websocket = node.start("websocket", "/usr/bin/python3", "-c", WEBSOCKET_SERVER, address, str(WEBSOCKET))
    websocket.wait_for_output("serves")
    if node.name == FIRST:
        redis = node.start("redis", "redis-server", "--port", str(REDIS), "--bind", address, "--save", "",
                           "--protected-mode", "no", "--daemonize", "no")  # fmt: skip
        redis.wait_for_output("Ready to accept")
        iperf = node.start("iperf3", "iperf3", "--server", "--bind", address, "--port", str(IPERF), "--forceflush")
        iperf.wait_for_output("listening")


def start_sshd(node: Node, address: str) -> Process:
    """With one key for all hosts, as machines behind one address have it, and one that may come in."""
    keys = node.directory.parent / "keys"
    if not keys.exists():
        keys.mkdir()
        for name in ("host", "user"):
            node.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name))
        (keys / "user.pub").rename(keys / "authorized")
    node.run("mkdir", "-p", "/run/sshd")
    configuration = node.directory / "sshd_config"
    configuration.write_text(f"""
ListenAddress {address}:{SSH}
HostKey {keys}/host
AuthorizedKeysFile {keys}/authorized
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile none
UseDNS no
MaxStartups 100
""")
    sshd = node.start("sshd", "/usr/sbin/sshd", "-D", "-e", "-f", str(configuration))
    sshd.wait_for_output("Server listening")
    return sshd


def ssh(client: Node, *command: str, stdin: str = "") -> str:
    key = client.directory.parent / "keys" / "user"
    return client.run("ssh", *SSH_OPTIONS, "-i", str(key), f"root@{VIP}", *command, stdin=stdin, timeout=60)


def answer_after_the_end(node: Node, address: str) -> None:
    """Reads all that a client sends, and only after its FIN tells the hash of it, as a batch server does."""
    listener = sockets.listen(node, address, HALF_CLOSE)
    listener.settimeout(None)
    while True:
        connection, _ = listener.accept()
        with connection:
            digest = hashlib.sha256()
            try:
                while octets := connection.recv(65536):
                    digest.update(octets)
                connection.sendall(digest.hexdigest().encode())
            except OSError:
                continue  # a check that has seen enough


def test_ssh_runs_commands_on_every_backend(client: Node) -> None:
    hosts = {ssh(client, "hostname").strip() for _ in range(len(BACKENDS))}
    assert hosts == set(BACKENDS)


def test_ssh_carries_a_stream_both_ways(client: Node) -> None:
    text = "".join(random.Random(1).choices("abcdefgh\n", k=2_000_000))
    assert ssh(client, "cat", stdin=text) == text


def test_redis_answers_commands_and_pipelines(client: Node) -> None:
    def redis(*words: str, stdin: str = "") -> str:
        return client.run("redis-cli", "-h", VIP, "-p", str(REDIS), *words, stdin=stdin).strip()

    assert redis("SET", "key", "value") == "OK"
    assert redis("GET", "key") == "value"
    assert redis("--pipe", stdin="INCR counter\r\n" * 20_000).endswith("errors: 0, replies: 20000")
    assert redis("GET", "counter") == "20000"
    assert len(redis("EVAL", "return string.rep('x', 4000000)", "0")) == 4_000_000


@pytest.mark.parametrize("transport", ["+notcp", "+tcp"])
def test_dns_is_answered_by_every_backend(client: Node, transport: str) -> None:
    def dig(name: str, kind: str) -> str:
        return client.run("dig", f"@{VIP}", transport, "+short", "+tries=1", "+timeout=5", kind, name).strip()

    assert dig("host.example", "A") == "198.51.100.7"
    assert {dig("who.example", "TXT").strip('"') for _ in range(30)} == set(BACKENDS)


def test_dns_turns_to_tcp_for_a_long_answer(client: Node) -> None:
    answer = client.run("dig", f"@{VIP}", "+bufsize=512", "+timeout=5", "+short", "TXT", "long.example")
    assert answer.count('"') == 18
    told = client.run("dig", f"@{VIP}", "+bufsize=512", "+timeout=5", "TXT", "long.example")
    assert "Truncated, retrying in TCP" in told


@pytest.mark.parametrize("direction", [(), ("--reverse",), ("--bidir",), ("--udp", "--bitrate", "20M")])
def test_iperf3(client: Node, direction: tuple[str, ...]) -> None:
    told = json.loads(
        client.run("iperf3", "--client", VIP, "--port", str(IPERF), "--json", "--time", "1", *direction, timeout=60)
    )
    assert "error" not in told
    end = told["end"]
    if "--udp" in direction:
        assert end["sum"]["packets"] > 100
        assert end["sum"]["lost_packets"] < end["sum"]["packets"]
    else:
        assert end["sum_received"]["bytes"] > 1_000_000


def test_websocket_of_every_frame_length(client: Node) -> None:
    for _ in BACKENDS:
        assert client.run("/usr/bin/python3", "-c", WEBSOCKET_CLIENT, VIP, str(WEBSOCKET)) == "closed 1000\n"


def test_answer_after_a_half_close(client: Node) -> None:
    octets = random.Random(2).randbytes(5_000_000)
    connection = sockets.connect(client, VIP, HALF_CLOSE)
    connection.sendall(octets)
    connection.shutdown(1)
    assert sockets.receive(connection, 100).decode() == hashlib.sha256(octets).hexdigest()
    connection.close()


def test_no_program_had_to_complain(client: Node) -> None:
    logs = [Path(log) for log in client.directory.parent.glob("lb1/log/mainstayd*.log")]
    assert logs
    for log in logs:
        assert "ERROR" not in log.read_text()
