# SPDX-License-Identifier: Apache-2.0
"""What stands between client and backends. All engines run at the same time on node lb1, each on a port of its own; NAT
by nftables, which slows all else on its node, on lb2.

One more engine is one more class here and one more entry in ENGINES.
"""

import os
from pathlib import Path

from lab.mainstay import TREE, VIP_WITH_PREFIX, Mainstay, Settings
from lab.process import Process
from lab.topology import ADDRESSES, VIP, Lab
from lab.waiting import wait_until

BALANCER = "lb1"
NAT_NODE = "lb2"
ORIGINS = ("web1", "web2")
ORIGIN_PORT = 8080
DATAGRAMS, BULK = ("udp", "udp1"), ("download", "upload")
WORKS = ("keepalive", "connect", *BULK, "latency", *DATAGRAMS, "idle")


class Engine:
    """One way to reach the backends.

    `name` is what tables call it, `kind` what it is, `workers` how many threads it may use, `works` what it can do.
    """

    kind = ""
    works: tuple[str, ...] = WORKS

    def __init__(self, lab: Lab, number: int, workers: int) -> None:
        self.lab = lab
        self.node = lab[BALANCER]
        self.port = 9000 + number
        self.workers = workers
        self.process: Process | None = None

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.workers}"

    @property
    def targets(self) -> list[str]:
        """Where the client goes."""
        return [f"{ADDRESSES[BALANCER]}:{self.port}"]

    @property
    def directory(self) -> Path:
        path = self.node.directory / self.name.replace("/", "-")
        path.mkdir(exist_ok=True)
        return path

    def start(self) -> None:
        """Starts it and returns when it serves."""
        self.process = self.launch()
        wait_until(f"{self.name} serves", self._serves, 60)

    def launch(self) -> Process:
        raise NotImplementedError

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def _serves(self) -> bool:
        if self.process is not None and not self.process.running:
            raise AssertionError(f"{self.name} has ended:\n{self.process.output()}")
        probe = "import socket, sys; s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 1); s.settimeout(1); "
        probe += "s.sendall(b'P'); sys.exit(s.recv(1) != b'P')"
        host, port = self.targets[0].split(":")
        return self.lab["client"].attempt("/usr/bin/python3", "-c", probe, host, port).returncode == 0


class Direct(Engine):
    """No balancer: the client knows both backends."""

    kind = "direct"

    @property
    def name(self) -> str:
        return self.kind

    @property
    def targets(self) -> list[str]:
        return [f"{ADDRESSES[origin]}:{ORIGIN_PORT}" for origin in ORIGINS]

    def start(self) -> None:
        wait_until("the backends serve", self._serves)


class HaProxy(Engine):
    """Debian's HAProxy in TCP mode, one thread a worker."""

    kind = "haproxy"
    works = tuple(work for work in WORKS if work not in DATAGRAMS)
    defaults = ""
    most_connections = 9_900

    def launch(self) -> Process:
        servers = "\n".join(f"    server {origin} {ADDRESSES[origin]}:{ORIGIN_PORT} check inter 2s" for origin in ORIGINS)
        configuration = self.directory / "haproxy.cfg"
        configuration.write_text(f"""
global
    nbthread {self.workers}
    maxconn {self.most_connections}
defaults
    mode tcp
    maxconn {self.most_connections}
    backlog 4096
    timeout connect 3s
    timeout client 300s
    timeout server 300s
{self.defaults}
listen bench
    bind {self.targets[0]}
    balance roundrobin
{servers}
""")
        return self.node.start(self.directory.name, "haproxy", "-db", "-f", str(configuration))


class HaProxySplicing(HaProxy):
    """The same, moving large transfers by splice(2)."""

    kind = "haproxy-splice"
    works = BULK
    defaults = "    option splice-auto"
    most_connections = 4_000  # It may need pipes too, and refuses to start with fewer descriptors.


class Nginx(Engine):
    """Debian's nginx with its stream module, one process a worker."""

    kind = "nginx"

    def launch(self) -> Process:
        servers = " ".join(f"server {ADDRESSES[origin]}:{ORIGIN_PORT};" for origin in ORIGINS)
        configuration = self.directory / "nginx.conf"
        configuration.write_text(f"""
daemon off;
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
worker_processes {self.workers};
worker_rlimit_nofile 20000;
pid {self.directory}/nginx.pid;
error_log {self.directory}/error.log;
events {{ worker_connections 19900; }}
stream {{
    upstream origins {{ {servers} }}
    server {{
        listen {self.targets[0]} reuseport backlog=4096;
        proxy_pass origins;
        proxy_connect_timeout 3s;
        proxy_timeout 300s;
        proxy_half_close on;
        tcp_nodelay on;
    }}
    server {{
        listen {self.targets[0]} udp reuseport rcvbuf=4m sndbuf=4m;
        proxy_pass origins;
        proxy_timeout 60s;
    }}
}}
""")
        return self.node.start(
            self.directory.name, "nginx", "-c", str(configuration), "-e", str(self.directory / "error.log")
        )

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()


class MainstayProxy(Engine):
    """Ours, the proxy engine. The number of processors that the JVM sees is that of its workers."""

    kind = "mainstay"
    balance = "round_robin"

    @property
    def tree(self) -> Path:
        return TREE

    def run(self, configuration: str, environment: dict[str, str]) -> Mainstay:
        mainstay = Mainstay(self.node, Settings(BALANCER, 100))
        mainstay.config = self.directory / "mainstay.yaml"
        mainstay.run_dir = self.directory / "run"
        mainstay.state_dir = self.directory / "state"
        mainstay.socket = mainstay.run_dir / "control.sock"
        for path in (mainstay.run_dir, mainstay.state_dir):
            path.mkdir(exist_ok=True)
        mainstay.start(configuration, tree=self.tree, environment=environment)
        return mainstay

    def launch(self) -> Process:
        backends = "".join(
            f"      - {{name: {origin}, address: {ADDRESSES[origin]}:{ORIGIN_PORT}}}\n" for origin in ORIGINS
        )
        return self.run(
            f"""\
services:
  - name: bench
    listen: [{self.targets[0]}/tcp, {self.targets[0]}/udp]
    engine: proxy
    balance: {self.balance}
    health_check: {{type: tcp, interval: 2s, timeout: 1s}}
    backends:
{backends}""",
            {"MAINSTAYD_JAVA_OPTS": f"-XX:ActiveProcessorCount={self.workers}"},
        ).daemon


class MainstayKernel(MainstayProxy):
    """Ours, the kernel engine: on a virtual address, which a daemon without a peer holds. It has no workers."""

    kind = "mainstay-kernel"
    works = tuple(work for work in WORKS if work != "idle")

    @property
    def name(self) -> str:
        return self.kind

    @property
    def targets(self) -> list[str]:
        return [f"{VIP}:{self.port}"]

    def launch(self) -> Process:
        backends = "".join(
            f"      - {{name: {origin}, address: {ADDRESSES[origin]}:{ORIGIN_PORT}}}\n" for origin in ORIGINS
        )
        self.daemon = self.run(
            f"""\
virtual_routers:
  - {{name: web, interface: eth0, vrid: 51, priority: 100, advertisement_interval: 100ms, addresses: [{VIP_WITH_PREFIX}]}}
services:
  - name: bench
    listen: [{self.targets[0]}/tcp, {self.targets[0]}/udp]
    engine: kernel
    balance: round_robin
    health_check: {{type: tcp, interval: 2s, timeout: 1s}}
    backends:
{backends}""",
            {},
        )
        return self.daemon.daemon

    def start(self) -> None:
        super().start()
        service = self.daemon.status()["services"][0]
        assert service["engine"] == "kernel", service["engine_reason"]


class Nftables(Engine):
    """NAT by the kernel's packet filter, on a node of its own: once there is a rule, every packet of a node is tracked."""

    kind = "nftables"
    works = tuple(work for work in WORKS if work != "idle")

    def __init__(self, lab: Lab, number: int, workers: int) -> None:
        super().__init__(lab, number, workers)
        self.node = lab[NAT_NODE]

    @property
    def name(self) -> str:
        return self.kind

    @property
    def targets(self) -> list[str]:
        return [f"{ADDRESSES[NAT_NODE]}:{self.port}"]

    def start(self) -> None:
        backends = ", ".join(f"{number} : {ADDRESSES[origin]} . {ORIGIN_PORT}" for number, origin in enumerate(ORIGINS))
        rules = f"""
table ip lb {{
    chain to {{
        type nat hook prerouting priority -100;
        meta l4proto {{ tcp, udp }} ip daddr {ADDRESSES[NAT_NODE]} th dport {self.port} \
            dnat ip to numgen inc mod {len(ORIGINS)} map {{ {backends} }}
    }}
    chain from {{
        type nat hook postrouting priority 100;
        ip daddr {{ {", ".join(ADDRESSES[origin] for origin in ORIGINS)} }} masquerade
    }}
}}
"""
        self.node.run("nft", "-f", "-", stdin=rules)
        self.node.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.send_redirects=0",
                      "net.ipv4.conf.eth0.send_redirects=0")
        # Connections that are gone stay in the table for two minutes: it must not be what stops new ones.
        self.node.attempt("sysctl", "-qw", "net.netfilter.nf_conntrack_max=2000000")
        wait_until("nftables serves", self._serves, 60)

    def stop(self) -> None:
        self.node.run("nft", "delete", "table", "ip", "lb")


class Bare(Engine):
    """A relay of nothing but its loop, in C, to compare ways of moving octets: see bench/load/bare.c. Only where it is asked for."""

    works = tuple(work for work in WORKS if work not in (*DATAGRAMS, "idle"))
    way = ""

    def launch(self) -> Process:
        program = Path(__file__).parent.parent.parent / "target" / "bench" / "bare"
        backends = [word for origin in ORIGINS for word in (ADDRESSES[origin], str(ORIGIN_PORT))]
        return self.node.start(
            self.directory.name, str(program), ADDRESSES[BALANCER], str(self.port), self.way, *backends
        )


class BareCopy(Bare):
    kind, way = "bare-copy", "copy"


class BareSplice(Bare):
    kind, way = "bare-splice", "splice"


class BareEager(Bare):
    kind, way = "bare-eager", "eager"


class BareLate(Bare):
    kind, way = "bare-late", "late"


class MainstayBefore(MainstayProxy):
    """Another build of ours, to see what a change is worth: BENCH_TREE_BEFORE names its tree."""

    kind = "before"

    @property
    def tree(self) -> Path:
        return Path(os.environ["BENCH_TREE_BEFORE"])


class Entry:
    """An engine with its number of workers, as the list below has them."""

    def __init__(self, make: type[Engine], workers: int) -> None:
        self.make = make
        self.workers = workers


ENGINES = [
    Entry(Direct, 0),
    Entry(HaProxy, 1),
    Entry(HaProxy, 2),
    Entry(HaProxySplicing, 1),
    Entry(Nginx, 1),
    Entry(Nginx, 2),
    Entry(MainstayProxy, 1),
    Entry(MainstayProxy, 2),
    Entry(MainstayKernel, 0),
    Entry(Nftables, 0),
    *(Entry(bare, 1) for bare in (BareCopy, BareSplice, BareEager, BareLate)),
    *(Entry(MainstayBefore, workers) for workers in (1, 2) if "BENCH_TREE_BEFORE" in os.environ),
]


def kinds() -> list[str]:
    return list(dict.fromkeys(entry.make.kind for entry in ENGINES))


def make_engines(lab: Lab, only: list[str]) -> list[Engine]:
    """Those of these kinds, or all."""
    return [
        entry.make(lab, number, entry.workers)
        for number, entry in enumerate(ENGINES)
        if (not only and not issubclass(entry.make, Bare)) or entry.make.kind in only
    ]
