# SPDX-License-Identifier: Apache-2.0
"""Runs the package on another kernel: boot.py KERNEL_DIRECTORY DEB

KERNEL_DIRECTORY is an unpacked Debian kernel package (dpkg -x). An emulated machine starts from it, is booted by the systemd of a
clean Debian 12 (dev.d/lib/roots.sh makes it), and carries out trial.sh as a service of its own. It takes root, qemu-system-x86_64,
an internet connection for two packages, and up to ten minutes, as the processor is emulated. Not part of ./dev test.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent.parent / "native" / "bpf" / "tests"))

import other_kernel  # noqa: E402 # it makes initial file systems

CLEAN = Path("/var/cache/mainstay-dev/debian-12")
VERDICT = "trial ended with status "
SECONDS = 900

SERVICE = """\
[Unit]
Description=What is tried
After=multi-user.target
[Service]
ExecStart=/bin/sh /root/trial.sh
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS0
"""


def run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def make_disk(kernel: Path, deb: Path, directory: Path) -> Path:
    """The clean machine with ip, kmod, the modules of the kernel, the package and what is tried with it."""
    root, disk = directory / "root", directory / "disk"
    run("cp", "-a", str(CLEAN), str(root))
    state = ("-o", f"Dir={root}", "-o", f"Dir::State::status={root}/var/lib/dpkg/status", "-o", "Acquire::Check-Valid-Until=false")
    run("apt-get", "-q", "-y", "--no-install-recommends", "--download-only", *state, "install", "iproute2", "kmod")
    install = "mount -t proc proc /proc && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install iproute2 kmod"
    run("unshare", "--mount", "--pid", "--fork", "--kill-child", "chroot", str(root), "/bin/sh", "-c", install)
    run("cp", "-a", str(kernel / "lib" / "modules"), str(root / "lib" / "modules"))
    run("chroot", str(root), "depmod", next((kernel / "lib" / "modules").iterdir()).name)
    run("cp", str(deb), str(root / "root" / "mainstay.deb"))
    for file in (*HERE.glob("*.sh"), *HERE.glob("*.pl")):
        run("cp", str(file), str(root / "root"))
    units = root / "etc" / "systemd" / "system"
    (units / "trial.service").write_text(SERVICE)
    (units / "multi-user.target.wants" / "trial.service").symlink_to("/etc/systemd/system/trial.service")
    run("truncate", "-s", "2G", str(disk))
    run("mke2fs", "-q", "-t", "ext4", "-d", str(root), str(disk))
    return disk


def make_initial_files(kernel: Path, file) -> None:
    """Just enough to find the disk."""
    other_kernel.MODULES = ("virtio_pci", "virtio_blk")
    files = other_kernel.InitialFiles(file)
    for directory in ("proc", "sys", "dev", "run", "root"):
        files.directory(directory)
    for link, target in (("lib", "usr/lib"), ("lib64", "usr/lib64"), ("bin", "usr/bin"), ("sbin", "usr/sbin")):
        files.link(link, target)
    wanted = {"/bin/dash", "/usr/bin/mount", "/usr/bin/kmod", "/usr/sbin/switch_root"}
    for program in set(wanted):
        wanted |= other_kernel.libraries_of(program)
    for path in sorted(wanted):
        files.copy(path, os.path.realpath(os.path.dirname(path)) + "/" + os.path.basename(path))
    files.link("usr/bin/sh", "dash")
    files.link("usr/bin/insmod", "kmod")
    modules = other_kernel.modules_of(kernel)
    for module in modules:
        files.copy(str(module), f"modules/{module.name}")
    files.text("init", "\n".join([
        "#!/bin/sh",
        "export PATH=/usr/bin:/usr/sbin",
        "mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev",
        *(f"insmod /modules/{module.name}" for module in modules),
        "n=0; while [ ! -e /dev/vda ] && [ $n -lt 100000 ]; do n=$((n + 1)); done",
        "mount -t ext4 /dev/vda /root && exec switch_root /root /lib/systemd/systemd",
        ""]))
    files.end()


def main() -> int:
    kernel, deb = Path(sys.argv[1]), Path(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="mainstay-emulated-") as directory, tempfile.NamedTemporaryFile() as initial:
        disk = make_disk(kernel, deb, Path(directory))
        make_initial_files(kernel, initial)
        initial.flush()
        machine = subprocess.Popen(
            ["timeout", str(SECONDS), "qemu-system-x86_64", "-m", "2048", "-smp", "2", "-nographic", "-no-reboot", "-nodefaults",
             "-serial", "stdio", "-machine", "accel=tcg", "-cpu", "max", "-kernel", str(next(kernel.glob("boot/vmlinuz-*"))),
             "-initrd", initial.name, "-drive", f"file={disk},if=virtio,format=raw", "-append",
             "console=ttyS0 quiet panic=-1 systemd.show_status=false systemd.mask=serial-getty@ttyS0.service"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace")
        return other_kernel.verdict_of(machine, VERDICT)


if __name__ == "__main__":
    sys.exit(main())
