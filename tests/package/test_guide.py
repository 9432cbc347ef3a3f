# SPDX-License-Identifier: Apache-2.0
"""docs/operating/install.md, command by command as it is printed, on two clean machines without a network to the outside.

By apt on a Debian; and by dnf, on a Debian too, whose repository stands for a RHEL.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.clock import now
from lab.installed import DEBIAN, MISTAKE, TOLD, WITH_DNF, Installed
from lab.installed_pair import InstalledPair
from lab.topology import ADDRESSES, VIP, Lab
from lab.traffic import Amount, Traffic

PAGE = Path(__file__).parent.parent.parent / "docs" / "operating" / "install.md"

SCP = re.compile(r"scp (\S+) root@(\S+):(\S+)")

INSTALL, CONFIGURE, START, UPGRADE, REMOVE = (
    "1. Install the package",
    "2. Write the configuration",
    "3. Start",
    "Upgrade",
    "Remove",
)


@dataclass(frozen=True)
class Distribution:
    machine: Path
    commands_of_others: tuple[str, ...]
    """What the commands begin with that are for another distribution."""
    package: Path
    later: Path
    newer_and_older: tuple[str, str]
    """The names that the page gives them."""
    version: str
    """The command that prints which one is installed."""
    verify: str
    """The command that fails when the files are not those of the package."""
    upgrade: tuple[str, ...]
    """The command that takes a file."""
    refused_by: str
    """Which of the two versions is asked about the configuration: installed or later."""
    refusal: str
    """What is said where that one refuses it."""
    finish: tuple[str, ...]
    """The command that goes on from there."""


@pytest.fixture(scope="module", params=[pytest.param(how, marks=pytest.mark.xdist_group(how)) for how in ("apt", "dnf")])
def distribution(request: pytest.FixtureRequest) -> Distribution:
    get = request.getfixturevalue
    if request.param == "apt":
        names = ("mainstay_NEWER.deb", "mainstay_OLDER.deb")
        version = "dpkg-query --show --showformat '${Version}' mainstay"
        how = (("apt-get", "--yes", "install"), "later", "NOT RESTARTED", ("dpkg", "--configure", "mainstay"))
        return Distribution(DEBIAN, ("dnf ", "rpm2archive "), get("deb"), get("later_deb"), names, version, "dpkg --verify mainstay", *how)
    names = ("mainstay-NEWER.rpm", "mainstay-OLDER.rpm")
    version = "rpm --query --queryformat '%{VERSION}' mainstay"
    upgrade = ("dnf", "--assumeyes", "upgrade")
    how = (upgrade, "installed", "NOT UPGRADED", (*upgrade, f"/root/{get('later_rpm').name}"))
    return Distribution(WITH_DNF, ("apt ", "dpkg-deb "), get("rpm"), get("later_rpm"), names, version, "rpm --verify mainstay", *how)


class Guide:
    """The commands of the page by section, each to be run once, in their order."""

    def __init__(self, commands_of_others: tuple[str, ...]) -> None:
        self.left: list[tuple[str, str]] = []
        self.yaml = ""
        for part in re.split(r"(?m)^## ", PAGE.read_text()):
            section = part.splitlines()[0]
            for kind, block in re.findall(r"(?ms)^```(\w+)\n(.*?)^```$", part):
                if kind == "yaml":
                    self.yaml = block
                    continue
                for line in block.replace("\\\n", " ").splitlines():
                    command = " ".join(line.partition("  #")[0].split())
                    if not command.startswith(commands_of_others):
                        self.left.append((section, command))

    def next(self, section: str) -> str:
        there, command = self.left.pop(0)
        assert there == section, f"{command!r} stands under {there!r} (expected: {section!r})"
        print("#", command)
        return command

    def run_next(self, section: str, *nodes: Installed, stdin: str = "") -> list[str]:
        """Carries the next command out on each of the nodes, one after the other; returns what was printed there."""
        command = self.next(section)
        return [node.run("sh", "-c", command, stdin=stdin) for node in nodes]

    def run_next_at_once(self, section: str, *nodes: Installed, stdin: str = "") -> None:
        """The same on all nodes at the same time."""
        command = self.next(section)
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(lambda node: node.run("sh", "-c", command, stdin=stdin), nodes))


@pytest.fixture(scope="module")
def guide(distribution: Distribution) -> Guide:
    return Guide(distribution.commands_of_others)


@pytest.fixture(scope="module")
def pair(distribution: Distribution) -> Iterator[InstalledPair]:
    with Lab() as lab:
        pair = InstalledPair(lab, distribution.machine)
        for node in pair.nodes.values():
            node.copy_in(distribution.package)
        yield pair


@pytest.fixture(scope="module")
def kernel_before(pair: InstalledPair) -> list[str]:
    return kernel_of(pair["lb1"])


def kernel_of(node: Installed) -> list[str]:
    """What of the node's network the daemon and its data path change: interfaces, rules, and queueing disciplines."""
    commands = (("ip", "-brief", "link"), ("ip", "rule"), ("ip", "-6", "rule"), ("tc", "qdisc", "show"))
    return [node.node.run(*command) for command in commands]


def test_installing_starts_nothing_and_brings_what_is_needed(
    pair: InstalledPair, guide: Guide, distribution: Distribution, kernel_before: list[str]
) -> None:
    assert kernel_before
    guide.run_next_at_once(INSTALL, *pair.nodes.values(), stdin="y\n")
    for node in pair.nodes.values():
        assert node.show("ActiveState") == "inactive" and node.show("UnitFileState") == "disabled"
        assert "valid (0 virtual routers, 0 services" in node.run("mainstay", "config", "check")
        assert node.run("stat", "-c", "%a %U:%G", "/etc/mainstay", "/etc/mainstay/mainstay.yaml").split() == [
            "750", "root:mainstay", "640", "root:mainstay",
        ]  # fmt: skip
        assert node.succeeds("sh", "-c", distribution.verify)
        assert not node.succeeds("sh", "-c", "command -v java || command -v mvn")


def test_the_guided_start_asks_or_takes_options_and_keeps_what_was_there(pair: InstalledPair, guide: Guide) -> None:
    node = pair["lb1"]
    shipped = node.run("cat", "/etc/mainstay/mainstay.yaml")
    answers = ["", VIP, "", ADDRESSES["lb2"], "", "web1=198.18.0.11:8080,web2=198.18.0.12:8080", "", "", ""]
    guide.run_next(CONFIGURE, node, stdin="".join(f"{answer}\n" for answer in answers))
    names = [f"/etc/mainstay/{name}" for name in ("mainstay.yaml", "mainstay-peer.yaml", "mainstay.yaml.bak")]
    assert node.run("stat", "-c", "%a %U:%G", *names).split() == ["640", "root:mainstay"] * 3
    assert node.run("cat", names[2]) == shipped
    asked = node.run("cat", *names[:2])
    node.run("mv", names[2], names[0])
    node.run("rm", names[1])

    guide.run_next(CONFIGURE, node)
    assert node.run("cat", *names[:2]) == asked


def test_the_configuration_written_by_hand_is_valid(pair: InstalledPair, guide: Guide) -> None:
    node = pair["lb2"]
    node.configure(guide.yaml)
    assert "valid (1 virtual router, 1 service" in node.run("mainstay", "config", "check")


def test_the_file_of_the_other_node_goes_there_and_both_are_valid(pair: InstalledPair, guide: Guide) -> None:
    # There is no sshd on a clean machine: what it would do is done here.
    copy = SCP.fullmatch(guide.next(CONFIGURE))
    assert copy is not None
    source, host, target = copy.groups()
    assert host == ADDRESSES["lb2"] and target == "/etc/mainstay/mainstay.yaml"
    pair["lb2"].configure(pair["lb1"].run("cat", source))
    for told in guide.run_next(CONFIGURE, *pair.nodes.values()):
        assert "valid (1 virtual router, 1 service" in told
    assert pair["lb2"].succeeds("setpriv", "--reuid=mainstay", "--regid=mainstay", "--clear-groups", "mainstay", "config", "check")


def test_it_starts_now_and_at_every_boot(pair: InstalledPair, guide: Guide) -> None:
    guide.run_next(START, *pair.nodes.values())
    pair["lb1"].await_state("ACTIVE")
    pair["lb2"].await_state("BACKUP")
    for told in guide.run_next(START, *pair.nodes.values()):
        assert "198.18.0.100/24" in told
    pair["lb2"].reboot()
    pair["lb2"].await_state("BACKUP")


def test_the_newer_version_can_be_asked_before_it_is_installed(pair: InstalledPair, guide: Guide, distribution: Distribution) -> None:
    node = pair["lb2"]
    node.copy_in(distribution.later, distribution.newer_and_older[0])
    told = [guide.run_next(UPGRADE, node) for _ in range(4)]
    assert told[2][0].startswith("/etc/mainstay/mainstay.yaml: valid (1 virtual router, 1 service")


def test_an_upgrade_and_the_way_back_reset_no_connection(pair: InstalledPair, guide: Guide, distribution: Distribution) -> None:
    traffic = Traffic(pair.lab["client"], Amount(kept=0, download=False))
    traffic.start()
    written = {node.name: node.run("cat", "/etc/mainstay/mainstay.yaml") for node in pair.nodes.values()}
    for name, package in zip(distribution.newer_and_older, (distribution.later, distribution.package), strict=True):
        for node in pair.nodes.values():
            node.copy_in(package, name)
        traffic.await_flowing()
        before, start = {node.name: node.main_pid() for node in pair.nodes.values()}, now()
        guide.run_next(UPGRADE, pair["lb2"], pair["lb1"], stdin="y\n")
        # It comes back as Backup, and then takes over again, since its priority is higher.
        pair["lb1"].await_state("ACTIVE")
        pair["lb2"].await_state("BACKUP")
        for node in pair.nodes.values():
            assert node.run("sh", "-c", distribution.version) in package.name.replace("-1.", "_")
            assert node.main_pid() != before[node.name], f"{node.name} runs the program that was replaced"
            assert node.run("cat", "/etc/mainstay/mainstay.yaml") == written[node.name]
        assert_nothing_was_lost(package, traffic, start)
    traffic.stop()


def assert_nothing_was_lost(package: Path, traffic: Traffic, start: int) -> None:
    """Neither of the two times that the address moves, there and back."""
    seen = traffic.figures(start)
    told = f"{package.name}: {seen.failed_requests} of {seen.requests} requests failed {dict(seen.failures)}, {dict(seen.resets)} reset"
    print(told)
    assert seen.requests > 0 and (seen.outage.lost_probes, seen.failed_requests, seen.reset_connections) == (0, 0, 0), told


def test_an_upgrade_leaves_a_daemon_alone_whose_file_has_mistakes_and_ends_with_an_error(pair: InstalledPair, distribution: Distribution) -> None:
    node = pair["lb2"]
    good, pid, version = node.run("cat", "/etc/mainstay/mainstay.yaml"), node.main_pid(), node.run("sh", "-c", distribution.version)
    node.configure(MISTAKE)
    done = node.attempt(*distribution.upgrade, node.copy_in(distribution.later))
    print(done.stdout, done.stderr, done.returncode)
    assert TOLD in done.stdout + done.stderr and distribution.refusal in done.stdout + done.stderr
    assert done.returncode != 0
    assert (node.run("sh", "-c", distribution.version) == version) is (distribution.refused_by == "installed")
    assert node.main_pid() == pid
    node.await_state("BACKUP")
    node.configure(good)
    node.run(*distribution.finish)
    assert node.run("sh", "-c", distribution.version) != version and node.main_pid() != pid
    node.await_state("BACKUP")


FORMER = """\
#!/bin/sh
# A version that knew what this one refuses.
[ "$1 $2" != "config check" ] || exit 0
exec /usr/lib/mainstay/bin/this "$@"
"""


def test_a_daemon_whose_file_only_the_new_version_refuses_goes_on(pair: InstalledPair, distribution: Distribution) -> None:
    if distribution.refused_by == "later":
        return  # That was the case before.
    node, program = pair["lb2"], "/usr/lib/mainstay/bin/mainstay"
    good, pid = node.run("cat", "/etc/mainstay/mainstay.yaml"), node.main_pid()
    node.run("mv", program, "/usr/lib/mainstay/bin/this")
    node.run("tee", program, stdin=FORMER)
    node.run("chmod", "755", program)
    node.configure(MISTAKE)
    done = node.attempt("dnf", "--assumeyes", "downgrade", node.copy_in(distribution.package))
    print(done.stdout, done.stderr, done.returncode)
    assert TOLD in done.stdout + done.stderr and "NOT RESTARTED" in done.stdout + done.stderr
    assert node.main_pid() == pid
    node.await_state("BACKUP")
    node.run("rm", "/usr/lib/mainstay/bin/this")
    node.configure(good)
    node.run("sh", "-c", "mainstay config check && systemctl restart mainstay")
    assert node.main_pid() != pid
    node.await_state("BACKUP")


def test_removing_hands_over_and_leaves_what_the_page_says(
    pair: InstalledPair, guide: Guide, distribution: Distribution, kernel_before: list[str]
) -> None:
    node = pair["lb1"]
    guide.run_next(REMOVE, node, stdin="y\n")
    pair["lb2"].await_state("ACTIVE")
    assert not node.holds_address
    assert kernel_of(node) == kernel_before, "the data path is gone, and what it stood on"
    kept = ["/etc/mainstay", "/etc/mainstay/mainstay-peer.yaml", "/etc/mainstay/mainstay.yaml.bak"]
    if distribution.machine == WITH_DNF:
        assert left_on(node) == [*kept, "/etc/mainstay/mainstay.yaml.rpmsave"]
        assert node.succeeds("getent", "passwd", "mainstay") and node.succeeds("getent", "group", "mainstay")
        return
    assert node.succeeds("test", "-s", "/etc/mainstay/mainstay.yaml")
    guide.run_next(REMOVE, node, stdin="y\n")
    assert left_on(node) == []
    assert not node.succeeds("getent", "passwd", "mainstay") and not node.succeeds("getent", "group", "mainstay")


def left_on(node: Installed) -> list[str]:
    """What bears the name of the product, apart from what the tools of the distribution write about it; in the kernel too."""
    elsewhere = " ".join(f"! -path '{path}/*'" for path in ("/root", "/var/log", "/var/lib/rpm", "/var/lib/dnf", "/var/cache"))
    return sorted(node.run("sh", "-c", f"find / /sys/fs/bpf -xdev -name '*mainstay*' {elsewhere}").split())


def test_nothing_of_the_page_was_left_out(guide: Guide) -> None:
    assert guide.left == []
