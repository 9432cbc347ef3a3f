# SPDX-License-Identifier: Apache-2.0
"""Runs these tests on another kernel: other_kernel.py PACKAGE_DIRECTORY OBJECT [PYTEST_OPTION...]

PACKAGE_DIRECTORY is an unpacked Debian kernel package (dpkg -x). A virtual machine starts from it and from an initial
file system made of this machine's Python, libraries and ip; it needs no disk, no network and no root.
"""

import os
import re
import shlex
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

MODULES = ("veth", "bridge", "sch_ingress", "cls_bpf", "8021q", "nf_tables", "nft_chain_nat", "nft_nat", "nf_conntrack",
           "af_packet")
TREES = ("/usr/lib/python3.11", "/usr/lib/python3/dist-packages")
PROGRAMS = ("/usr/bin/python3.11", "/bin/dash", "/usr/bin/ip", "/usr/sbin/tc", "/usr/bin/mount", "/usr/bin/kmod",
            "/usr/bin/unshare", "/usr/bin/setpriv", "/usr/sbin/nft", "/usr/sbin/sysctl")
VERDICT = "tests ended with status "


def libraries_of(program: str) -> set[str]:
    output = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"(/\S+) \(0x", output))


class InitialFiles:
    """A cpio archive in the form 'newc', see Documentation/driver-api/early-userspace/buffer-format.rst."""

    def __init__(self, file):
        self.file, self.known = file, set()

    def _entry(self, name: str, mode: int, content: bytes) -> None:
        if name in self.known:
            return
        self.known.add(name)
        if "/" in name:
            self._entry(name.rpartition("/")[0], stat.S_IFDIR | 0o755, b"")
        fields = (len(self.known), mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        self.file.write(head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4))

    def directory(self, name: str) -> None:
        self._entry(name.strip("/"), stat.S_IFDIR | 0o755, b"")

    def text(self, name: str, content: str) -> None:
        self._entry(name.strip("/"), stat.S_IFREG | 0o755, content.encode())

    def link(self, name: str, target: str) -> None:
        self._entry(name.strip("/"), stat.S_IFLNK | 0o777, target.encode())

    def copy(self, path: str, name: str | None = None) -> None:
        self._entry((name or path).strip("/"), stat.S_IFREG | (os.stat(path).st_mode & 0o777), Path(path).read_bytes())

    def tree(self, path: str, name: str | None = None) -> None:
        for directory, below, files in os.walk(path):
            below[:] = [each for each in below if each not in ("test", "__pycache__", "idlelib", "tkinter", "ensurepip")]
            for file in files:
                full = os.path.join(directory, file)
                if os.path.isfile(full):
                    self.copy(full, (name or path) + full[len(path):])

    def end(self) -> None:
        self._entry("TRAILER!!!", 0, b"")


def modules_of(package: Path) -> list[Path]:
    """The wanted modules, each after those it needs."""
    found = {path.stem.replace("-", "_"): path for path in package.glob("lib/modules/*/kernel/**/*.ko")}
    ordered: list[Path] = []

    def add(name: str) -> None:
        if name in found and found[name] not in ordered:
            needs = re.search(rb"\0depends=([^\0]*)\0", found[name].read_bytes())[1].decode()
            for need in filter(None, needs.split(",")):
                add(need.replace("-", "_"))
            ordered.append(found[name])

    for wanted in MODULES:
        add(wanted)
    return ordered


def initial_files(package: Path, program: str, options: list[str], file) -> None:
    files = InitialFiles(file)
    for directory in ("proc", "sys", "tmp", "dev", "run", "etc"):
        files.directory(directory)
    for link, target in (("lib", "usr/lib"), ("lib64", "usr/lib64"), ("bin", "usr/bin"), ("sbin", "usr/sbin")):
        files.link(link, target)
    wanted = {path for path in PROGRAMS if os.path.exists(path)}
    for tree in TREES:
        files.tree(tree)
        wanted |= {str(path) for path in Path(tree).rglob("*.so")}
    wanted |= {"/usr/lib/x86_64-linux-gnu/libbpf.so.1", "/usr/lib/x86_64-linux-gnu/libc.so.6"}
    loader = str(Path(program).parent / "mainstay-bpf")
    for path in wanted | {loader}:
        wanted |= libraries_of(path)
    for path in sorted(wanted):
        real = os.path.realpath(os.path.dirname(path)) + "/" + os.path.basename(path)
        files.copy(path, real)
    files.link("usr/bin/sh", "dash")
    files.link("usr/bin/insmod", "kmod")
    modules = modules_of(package)
    for module in modules:
        files.copy(str(module), f"modules/{module.name}")
    here = Path(__file__).resolve().parent
    files.tree(str(here), "bpf/tests")
    files.copy(str(here.parent / "abi.h"), "bpf/abi.h")
    files.copy(program, "forward.bpf.o")
    files.copy(loader, "mainstay-bpf")
    for extra in Path(program).parent.glob("*.bpf.o"):
        files.copy(str(extra), extra.name)
    files.text("init", "\n".join([
        "#!/bin/sh",
        "export PATH=/usr/bin:/usr/sbin HOME=/tmp MAINSTAY_BPF=/forward.bpf.o PYTHONDONTWRITEBYTECODE=1",
        "mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp",
        *(f"insmod /modules/{module.name}" for module in modules),
        # Where tunnels are not modules, each new namespace would begin with one interface of each kind.
        "echo 1 > /proc/sys/net/core/fb_tunnels_only_for_init_net",
        "cd /bpf/tests; read -r version < /proc/sys/kernel/osrelease; echo kernel $version",
        f"unshare --net python3.11 -m pytest -p no:cacheprovider -q --color=no --tb=short {shlex.join(options)}",
        f"echo '{VERDICT}'$?",
        "echo o > /proc/sysrq-trigger; while :; do read -r line; done",
        ""]))
    files.end()


def verdict_of(machine: subprocess.Popen, before: str) -> int:
    """Shows what the machine says, until it ends; the status that it tells behind these words, 1 if it does not."""
    status = 1
    for line in machine.stdout:
        print(line, end="", flush=True)
        if line.startswith(before):
            status = int(line.removeprefix(before))
    machine.wait()
    return status


def main() -> int:
    package, program, options = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    kernel = next(package.glob("boot/vmlinuz-*"))
    with tempfile.NamedTemporaryFile(prefix="mainstay-initramfs-") as file:
        initial_files(package, program, options, file)
        file.flush()
        machine = subprocess.Popen(
            ["qemu-system-x86_64", "-m", "2048", "-smp", "2", "-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio",
             "-machine", "accel=tcg", "-cpu", "max", "-kernel", str(kernel), "-initrd", file.name,
             "-append", "console=ttyS0 quiet panic=-1"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            errors="replace")
        return verdict_of(machine, VERDICT)


if __name__ == "__main__":
    sys.exit(main())
