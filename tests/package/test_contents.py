# SPDX-License-Identifier: Apache-2.0
"""What is in the packages, and what the tools of the distributions say of them."""

import json
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
UNPACKED = ROOT / "target" / "package" / "root"
LIBRARIES = UNPACKED / "usr" / "lib" / "mainstay" / "lib"

MEBIBYTE = 2**20
PACKAGE_LIMIT = 25 * 10**6
INSTALLED_LIMIT = 90 * MEBIBYTE

NETTY = {
    "netty-buffer",
    "netty-codec-base",
    "netty-codec-http",
    "netty-common",
    "netty-handler",
    "netty-resolver",
    "netty-transport",
    "netty-transport-classes-epoll",
    "netty-transport-native-unix-common",
}
"""The modules of Netty that are in use; one more in a package is either needed or to be left out (dev.d/lib/tree.sh)."""

PROGRAMS = {"mainstay", "mainstayd", "mainstay-guard", "mainstay-run", "mainstay-bpf"}


def output(*command: str, allowed: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in allowed, f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_sizes_stay_within_their_limits(deb: Path, rpm: Path) -> None:
    installed = sum(path.lstat().st_size for path in UNPACKED.rglob("*") if path.is_file())
    sizes = {deb.name: deb.stat().st_size, rpm.name: rpm.stat().st_size}
    print(sizes, "installed", installed)
    assert all(size <= PACKAGE_LIMIT for size in sizes.values()), sizes
    assert installed <= INSTALLED_LIMIT


def test_both_packages_hold_the_same_files(deb: Path, rpm: Path) -> None:
    of_deb = {
        line.split(None, 5)[5].split(" -> ")[0].removeprefix(".")
        for line in output("dpkg-deb", "--contents", str(deb)).splitlines()
        if not line.startswith("d")
    }
    of_rpm = {
        line.rsplit(None, 1)[1]
        for line in output("rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILENAMES}\n]", str(rpm)).splitlines()
        if not line.startswith("d")
    }
    assert of_deb - of_rpm == {
        "/usr/share/doc/mainstay/changelog.gz",
        "/usr/share/lintian/overrides/mainstay",
    }
    assert of_rpm <= of_deb
    assert {f"/usr/lib/mainstay/bin/{program}" for program in PROGRAMS} <= of_deb
    for page in ("man1/mainstay.1", "man1/mainstay-switchover.1", "man5/mainstay.yaml.5", "man8/mainstayd.8"):
        assert f"/usr/share/man/{page}.gz" in of_deb


def test_who_packs_and_where_makes_no_difference(later_rpm: Path, same_rpm: Path) -> None:
    # Of the .rpm, whose packing is our own; ./dev reproduce compares both packages from the sources on.
    assert later_rpm.read_bytes() == same_rpm.read_bytes()


def test_the_configuration_is_kept_and_not_for_everybody(deb: Path, rpm: Path) -> None:
    assert "/etc/mainstay/mainstay.yaml" in output("dpkg-deb", "--info", str(deb), "conffiles")
    assert re.search(r"^-rw-r----- root/root .* \./etc/mainstay/mainstay\.yaml$", output("dpkg-deb", "-c", str(deb)), re.M)
    lines = output("rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILEFLAGS:fflags} %{FILENAMES}\n]", str(rpm))
    assert "-rw-r----- root mainstay cn /etc/mainstay/mainstay.yaml" in lines


def test_only_the_modules_of_netty_in_use_are_shipped() -> None:
    assert {re.sub(r"-[0-9].*", "", jar.stem) for jar in LIBRARIES.glob("netty-*.jar")} == NETTY


def test_every_jar_has_a_licence_and_an_entry_in_the_bill_of_materials() -> None:
    copyright_file = (UNPACKED / "usr/share/doc/mainstay/copyright").read_text()
    patterns = [Path(word).name.replace("*", ".*") for word in re.findall(r"\S+/lib/[^/\s]+\.jar", copyright_file)]
    bom = json.loads((UNPACKED / "usr/share/doc/mainstay/mainstay.cdx.json").read_text())
    listed = {f"{component['name']}-{component['version']}.jar" for component in bom["components"]}
    jars = {jar.name for jar in LIBRARIES.glob("*.jar")} - {"mainstay.jar"}
    assert jars <= listed
    assert [jar for jar in jars if not any(re.fullmatch(pattern, jar) for pattern in patterns)] == []
    assert {"OpenJDK runtime", "mainstay-guard", "mainstay-run"} <= {component["name"] for component in bom["components"]}
    assert all(component.get("licenses") for component in bom["components"])


def test_the_unit_is_confined() -> None:
    unit = UNPACKED / "usr/lib/systemd/system/mainstay.service"
    told = output("systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager", str(unit))
    print(told.splitlines()[-1])
    assert "Overall exposure level" in told


def test_lintian_finds_nothing_that_is_not_explained(deb: Path) -> None:
    told = output("lintian", "--no-cfg", "--fail-on", "none", str(deb))
    assert [line for line in told.splitlines() if re.match("[EW]: ", line)] == []


def test_rpmlint_finds_nothing_that_is_not_explained(rpm: Path) -> None:
    told = output("rpmlint", "--config", str(ROOT / "packaging/rpm/rpmlint.toml"), str(rpm), allowed=(0, 64, 66))
    assert "1 packages and 0 specfiles checked" in told
    assert [line for line in told.splitlines() if re.search(r": [EW]: ", line)] == []
