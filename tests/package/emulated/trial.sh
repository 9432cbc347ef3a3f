#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs in the emulated machine (boot.py): installs the package, serves by both engines under the unit as it is, takes it off again.
export DEBIAN_FRONTEND=noninteractive HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
VIP=198.18.0.100
cd /root || exit 1

say() { printf '== %s\n' "$*"; }
finish() {
    [ "$1" -eq 0 ] || journalctl --unit mainstay --no-pager --output short-monotonic --lines 60
    echo "trial ended with status $1"
    systemctl poweroff
    exit "$1"
}
must() {
    say "$*"
    "$@" || finish 1
}
# await SENTENCE COMMAND...
await() {
    sentence=$1
    shift
    for _ in $(seq 240); do
        if "$@"; then
            say "$sentence"
            return
        fi
        sleep 1
    done
    say "not in time: $sentence"
    finish 1
}

# The clients and backends are in a network namespace, behind a link that the machine takes for its network.
make_network() {
    ip netns add others
    ip link add eth0 type veth peer name other0 netns others
    ip address add 198.18.0.1/24 dev eth0
    ip link set eth0 up
    for address in 198.18.0.50/24 198.18.0.11/24 198.18.0.12/24; do
        ip -n others address add "$address" dev other0
    done
    ip -n others link set other0 up
    for backend in 198.18.0.11 198.18.0.12; do
        ip netns exec others perl serve.pl "$backend" 8080 &
    done
}
is_active() { mainstay --json status 2>/dev/null | grep -q '"state": *"ACTIVE"'; }
answers() { ip netns exec others perl ask.pl "$VIP" "$1"; }
main_pid() { systemctl show --property MainPID --value mainstay; }
was_restarted() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$before" ]; }
serves() {
    await "it is Active" is_active
    await "the proxy engine answers" answers 80
    await "the kernel engine answers" answers 81
    must test "$(mainstay --json status | grep -c '"engine": *"kernel"')" -eq 1
}

make_network
say "kernel $(uname -r), $(systemctl --version | head -n 1)"
must apt-get -y -q install ./mainstay.deb
mainstay version --verbose
must mainstay init --interface eth0 --vip "$VIP/24" --peer none --interval 1s --port 80 --engine proxy \
    --backends 198.18.0.11:8080,198.18.0.12:8080 --service 81=198.18.0.11:8080,198.18.0.12:8080 --yes
sed -i '/name: tcp-81/,$ s/engine: proxy/engine: kernel/' /etc/mainstay/mainstay.yaml
must mainstay config check

# An emulated processor is some twenty times slower; nothing else of the unit is changed.
mkdir -p /etc/systemd/system/mainstay.service.d
printf '[Service]\nTimeoutStartSec=infinity\nWatchdogSec=120\n' >/etc/systemd/system/mainstay.service.d/slow.conf
systemctl daemon-reload
must systemctl enable --now mainstay
serves
must mainstay doctor
systemd-analyze security --no-pager mainstay | tail -n 1

say "a mistake is not taken over"
cp /etc/mainstay/mainstay.yaml good.yaml
sed -i 's/vrid: [0-9]*/vrid: 300/' /etc/mainstay/mainstay.yaml
systemctl reload mainstay && finish 1
cp good.yaml /etc/mainstay/mainstay.yaml
must systemctl reload mainstay

say "the daemon is killed"
before=$(main_pid)
kill -KILL "$(cat "/proc/$before/task/$before/children")"
await "it was started again" was_restarted
serves

say "with a virtual MAC address"
sed -i 's/^\( *\)vrid:/\1virtual_mac: true\n\1vrid:/' /etc/mainstay/mainstay.yaml
must systemctl restart mainstay
serves
ip -brief link

must apt-get -y -q purge mainstay
left=$(find / /sys/fs/bpf -xdev -name '*mainstay*' ! -path '/root/*' ! -path '/var/log/*' ! -path '/var/cache/*' \
    ! -path '/etc/systemd/system/mainstay.service.d*'; tc filter show dev eth0 ingress; ip -brief address show to "$VIP")
must test -z "$left"
finish 0
