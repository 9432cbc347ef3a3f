# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, jdk by find_jdk
# What the verbs need from the machine, installed from Debian when missing. No service of the machine is started,
# stopped or changed, and a service that comes with a package stays stopped and off at boot.

policy=/usr/sbin/policy-rc.d
policy_saved=$policy.before-mainstay-dev

# need WHY THING:PACKAGE...   THING is a command, or a file when it starts with a slash.
need() {
    local why=$1 thing packages=() missing=()
    shift
    for pair in "$@"; do
        thing=${pair%%:*}
        case $thing in
        /*) [ -e "$thing" ] && continue ;;
        *) command -v "$thing" >/dev/null && continue ;;
        esac
        missing+=("${thing##*/}")
        packages+=("${pair#*:}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        die "missing: ${missing[*]} ($why); as root: apt-get install --no-install-recommends ${packages[*]}"
    fi
    say "installing ${packages[*]} ($why)"
    install_packages "${packages[@]}"
}

# In a subshell, so that the policy is put back however the installation ends.
install_packages() (
    log=$(mktemp)
    before=$(installed_packages)
    trap 'restore_service_policy; rm -f "$log"' EXIT
    trap 'exit 130' INT TERM HUP
    forbid_service_starts
    if ! apt_install "$@" >"$log" 2>&1; then
        # No or old package lists: fetch them once and try again.
        if ! { apt-get -q update && apt_install "$@"; } >"$log" 2>&1; then
            tail -n 20 "$log" >&2
            die "apt-get could not install $* (its last lines stand above)"
        fi
    fi
    comm -13 <(printf '%s\n' "$before") <(installed_packages) | keep_off_at_boot
)

apt_install() {
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none \
        apt-get -q -y --no-install-recommends --no-upgrade --no-remove \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold install "$@" </dev/null
}

installed_packages() {
    # shellcheck disable=SC2016 # the variables are dpkg-query's
    dpkg-query -W -f '${db:Status-Abbrev} ${binary:Package}\n' | sed -n 's/^ii *//p' | LC_ALL=C sort
}

forbid_service_starts() {
    restore_service_policy # an earlier run may have been killed
    [ ! -e "$policy" ] || mv "$policy" "$policy_saved"
    printf '#!/bin/sh\n# Put here by mainstay ./dev while it installs packages.\nexit 101\n' >"$policy"
    chmod 755 "$policy"
}

restore_service_policy() {
    if [ -e "$policy_saved" ]; then
        mv "$policy_saved" "$policy"
    elif grep -qs 'mainstay ./dev' "$policy"; then
        rm -f "$policy"
    fi
}

# Reads names of packages that were not installed before and takes their units and init scripts out of the boot.
keep_off_at_boot() {
    local package file
    while read -r package; do
        dpkg -L "$package" | while read -r file; do
            case $file in
            */systemd/system/*@.*) ;;
            */systemd/system/*.service | */systemd/system/*.socket | */systemd/system/*.timer | */systemd/system/*.path)
                deb-systemd-helper disable "${file##*/}" >/dev/null 2>&1 || true
                ;;
            /etc/init.d/*)
                update-rc.d "${file##*/}" disable >/dev/null 2>&1 || true
                ;;
            esac
        done
    done
}
