# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev
# The clean machines that tests install packages on, in /var/cache/mainstay-dev, since each takes a minute and a download.

clean_roots() {
    local cache=/var/cache/mainstay-dev
    mkdir -p "$cache"
    # What an earlier version of this file made there.
    find "$cache" -mindepth 1 -maxdepth 1 ! -name debian-12 ! -name debian-12-dnf ! -name '*.new' -exec rm -rf -- {} +
    make_root "$cache/debian-12" debian_root
    make_root "$cache/debian-12-dnf" dnf_root "$cache/debian-12"
    # That of an earlier version of this file may have other packages.
    base_spec | cmp -s - "$cache/debian-12-dnf/srv/repository/base.spec" || repository "$cache/debian-12-dnf" \
        >"$root/target/repository.log" 2>&1 || die "no repository (see target/repository.log)"
}

# make_root DIRECTORY HOW...: runs HOW with a new directory, which becomes the one asked for when it is complete.
make_root() {
    [ ! -d "$1" ] || return 0
    say "making a clean machine in $1"
    rm -rf -- "$1.new"
    mkdir -p "$1.new"
    (
        set -e
        "$2" "$1.new" "${@:3}"
        # Each boot is the first one.
        : >"$1.new/etc/machine-id"
    ) >"$root/target/${1##*/}.log" 2>&1 || die "no clean machine (see target/${1##*/}.log)"
    mv "$1.new" "$1"
}

# A Debian with nothing but its systemd. What the package depends on lies in the cache of its apt, as there is no network in
# the lab.
debian_root() {
    debootstrap --variant=minbase --include=systemd-sysv,dbus bookworm "$1"
    fetch_packages "$1" libelf1
}

# The same with dnf, and a repository of one package that provides what a RHEL has and the package depends on.
dnf_root() {
    cp -a "$2/." "$1/"
    fetch_packages "$1" dnf createrepo-c rpm
    in_root "$1" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install dnf createrepo-c rpm libelf1
    echo '%_dbpath /var/lib/rpm' >"$1/etc/rpm/macros"
    repository "$1"
}

base_spec() {
    cat <<'SPEC'
Name: base
Version: 9
Release: 1
Summary: Stands for a RHEL 9
License: Apache-2.0
BuildArch: noarch
Provides: glibc = 2.34, elfutils-libelf, zlib, shadow-utils, util-linux, /bin/sh
%description
Stands for a RHEL 9.
%files
SPEC
}

repository() {
    mkdir -p "$1/srv/repository" "$1/etc/yum.repos.d"
    base_spec >"$1/srv/repository/base.spec"
    rpmbuild -bb --quiet --define "_topdir $1/tmp/rpmbuild" --define "_rpmdir $1/srv/repository" "$1/srv/repository/base.spec"
    rm -rf -- "$1/tmp/rpmbuild"
    in_root "$1" createrepo_c --quiet /srv/repository
    mkdir -p "$1/etc/dnf/vars"
    echo 9 >"$1/etc/dnf/vars/releasever"
    printf '[base]\nname=base\nbaseurl=file:///srv/repository\ngpgcheck=0\n' >"$1/etc/yum.repos.d/base.repo"
}

# fetch_packages ROOT PACKAGE...: into the cache of the apt there, with all that they depend on.
fetch_packages() {
    apt-get -q -y --no-install-recommends --download-only -o "Dir=$1" -o "Dir::State::status=$1/var/lib/dpkg/status" \
        -o Acquire::Check-Valid-Until=false install "${@:2}"
}

in_root() {
    # shellcheck disable=SC2016 # the inner shell's
    unshare --mount --pid --fork --kill-child -- /bin/sh -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' sh "$@"
}
