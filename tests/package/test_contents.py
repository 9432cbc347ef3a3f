# SPDX-License-Identifier: Apache-2.0
"""What is in the packages, and what the tools of the distributions say of them."""

import fnmatch
import hashlib
import json
import re
import subprocess
import tomllib
import zipfile
from pathlib import Path
from typing import Any

from lab import jdk

ROOT = Path(__file__).parent.parent.parent
UNPACKED = ROOT / "target" / "package" / "root"
LIBRARIES = UNPACKED / "usr" / "lib" / "mainstay" / "lib"

PACKAGE_LIMIT = 25_000_000
INSTALLED_LIMIT = 90_000_000
"""Octets."""

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

MODULES = {"java.base", "java.logging", "jdk.unsupported"}
"""The modules of the Java runtime that are in use."""

NEEDS_MORE = {
    ("com.google.gson.internal.sql", "java.sql"): "adapters of values that nothing here has",
    ("io.netty.buffer", "jdk.jfr"): "events for a recorder, looked for before they are used",
    ("io.netty.handler.ssl", "java.naming"): "the message of a trust manager around that of a SslContext; checks bring engines of their own",
    ("io.netty.util.internal", "jdk.jfr"): "the question whether there is a recorder",
    ("jnr.posix", "java.management"): "getpid where the library has none",
    ("org.yaml.snakeyaml.introspector", "java.desktop"): "properties of beans, and configurations are read node by node",
}
"""The packages with classes that refer to another module, and what they want of it: none of these is gone into here."""

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


def test_the_runtime_has_the_modules_in_use_and_what_refers_to_others_is_known() -> None:
    released = (UNPACKED / "usr/lib/mainstay/runtime/release").read_text()
    assert set(re.findall(r'^MODULES="(.*)"$', released, re.M)[0].split()) == MODULES
    jars = [str(jar) for jar in sorted(LIBRARIES.glob("*.jar"))]
    told = output(jdk.tool("jdeps"), "-verbose:class", "--multi-release", "25", "--class-path", ":".join(jars), *jars)
    references = re.findall(r"^ +(\S+)\.[^.\s]+ +-> +\S+ +(?:\()?((?:java|jdk)\.[\w.]+)", told, re.M)
    assert len(references) > 20_000
    assert {(package, module) for package, module in references if module not in MODULES} == set(NEEDS_MORE)


def test_a_file_may_bear_any_name_whatever_the_locale(tmp_path: Path) -> None:
    named = tmp_path / "zürich-東京.yaml"
    named.write_text("node: {name: lb1}\n")
    for locale in ("C", "C.UTF-8", "de_DE.ISO-8859-15", "ja_JP.EUC-JP"):
        told = subprocess.run(
            [UNPACKED / "usr/bin/mainstay", "config", "check", named],
            env={"LC_ALL": locale, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert told.returncode == 0 and told.stdout.startswith(f"{named}: valid"), (locale, told)


def test_a_class_data_archive_that_does_not_fit_costs_time_alone() -> None:
    program = UNPACKED / "usr/lib/mainstay/bin/mainstay"
    script = program.read_text().replace('self=$(readlink -f -- "$0")', f"self={program}")
    other = script.replace('-cp "', f'-cp "{next(LIBRARIES.glob("snakeyaml-*.jar"))}:')
    assert other != script
    for text in (script, other):
        told = subprocess.run(["sh", "-c", text, "sh", "--version"], capture_output=True, text=True, check=True)
        assert told.stdout.startswith("mainstay ") and told.stderr == "", told


def is_code(path: Path) -> bool:
    return path.suffix == ".jar" or (path.is_file() and not path.is_symlink() and path.read_bytes()[:4] == b"\x7fELF")


def test_all_code_of_others_has_a_licence_of_its_own_and_its_text() -> None:
    copyright_file = (UNPACKED / "usr/share/doc/mainstay/copyright").read_text()
    patterns = [pattern for pattern in re.findall(r"(?:^Files:)? (usr/\S+)$", copyright_file, re.M)]
    files = [str(path.relative_to(UNPACKED)) for path in UNPACKED.rglob("*") if is_code(path)]
    ours = {"mainstay-guard", "mainstay-run", "mainstay.jar"}
    assert len(files) > 40
    assert {file for file in files if not any(fnmatch.fnmatch(file, pattern) for pattern in patterns)} == {
        file for file in files if Path(file).name in ours
    }
    assert [pattern for pattern in patterns if not fnmatch.filter(files, pattern)] == [], "nothing is spoken of that is not there"
    texts = {path.name for path in (UNPACKED / "usr/share/licenses/mainstay").iterdir()}
    assert {text for text in texts if text not in copyright_file} == set()
    assert set(re.findall(r"[\w.-]+\.txt", copyright_file)) == texts
    assert {path.name for path in (UNPACKED / "usr/lib/mainstay/runtime/legal").iterdir()} == MODULES


def bill_of_materials() -> dict[str, Any]:
    return dict(json.loads((UNPACKED / "usr/share/doc/mainstay/mainstay.cdx.json").read_text()))


def test_the_bill_of_materials_has_all_code_with_the_digest_it_is_shipped_with() -> None:
    bom = bill_of_materials()
    components = {component["name"]: component for component in bom["components"]}
    assert len(components) == len(bom["components"]), "nothing is listed twice"
    assert all(component.get("licenses") and component.get("version") for component in components.values())
    every = [*components.values(), *components["OpenJDK runtime"]["components"]]
    digests = {digest["content"] for component in every for digest in component.get("hashes", [])}
    without = [path for path in UNPACKED.rglob("*") if is_code(path) and hashlib.sha256(path.read_bytes()).hexdigest() not in digests]
    assert [path.name for path in without] == ["mainstay.jar"], "which the list is about"
    assert re.fullmatch(r"\d+(\.\d+)+", components["libbpf"]["version"])
    assert components["libnetty_transport_native_epoll_x86_64.so"]["version"] == components["netty-common"]["version"]
    assert {"ref": "mainstay-bpf", "dependsOn": ["libbpf"]} in bom["dependencies"]
    assert {"ref": "libjffi-1.2.so", "dependsOn": ["libffi"]} in bom["dependencies"]


def test_the_bill_of_materials_has_what_jars_took_in_from_others() -> None:
    names = {component["name"] for component in bill_of_materials()["components"]}
    foreign = {
        (jar.name, entry.split("/")[3])
        for jar in LIBRARIES.glob("*.jar")
        for entry in zipfile.ZipFile(jar).namelist()
        if re.fullmatch(r"META-INF/maven/.+/pom\.properties", entry) and entry.split("/")[3] != re.sub(r"-[0-9].*", "", jar.stem)
    }
    assert {name for _, name in foreign} >= {"jctools-core"} and {name for _, name in foreign} <= names


def test_the_unit_is_confined() -> None:
    unit = UNPACKED / "usr/lib/systemd/system/mainstay.service"
    told = output("systemd-analyze", "security", "--offline=true", "--threshold=30", "--no-pager", str(unit))
    print(told.splitlines()[-1])
    assert "Overall exposure level" in told


def test_lintian_finds_nothing_that_is_not_explained(deb: Path) -> None:
    told = output("lintian", "--no-cfg", "--fail-on", "none", str(deb))
    assert [line for line in told.splitlines() if re.match("[EW]: ", line)] == []


EXPLAINED = ROOT / "packaging" / "rpm" / "rpmlint.toml"


def rpmlint(rpm: Path, config: Path) -> list[str]:
    told = output("rpmlint", "--config", str(config), str(rpm), allowed=(0, 64, 66))
    assert "1 packages and 0 specfiles checked" in told
    return [line for line in told.splitlines() if re.search(r": [EW]: ", line)]


def test_rpmlint_finds_nothing_that_is_not_explained(rpm: Path) -> None:
    assert rpmlint(rpm, EXPLAINED) == []


def test_no_explanation_hides_what_rpmlint_does_not_find(rpm: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.toml"
    nothing.write_text("Filters = []\n")
    found = rpmlint(rpm, nothing)
    filters = tomllib.loads(EXPLAINED.read_text())["Filters"]
    assert [each for each in filters if not any(re.search(each, line) for line in found)] == []
