# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev
# ./dev demo

verb_demo() {
    need "for the lab" "${lab_needs[@]}"
    case " $* " in
    *" --help "* | *" -h "*) ;;
    *" --peer"*) need "for the peer" keepalived:keepalived haproxy:haproxy ;;
    *" --no-build "*) [ -x "$root/target/mainstay/bin/mainstayd" ] || die "no target/mainstay: run ./dev build first" ;;
    *) build_if_stale ;;
    esac
    # In place of this process, so that whoever ends ./dev, even with SIGKILL, ends the lab.
    export PYTHONPATH=$root/tests PYTHONDONTWRITEBYTECODE=1
    exec /usr/bin/python3 -m lab.enter /usr/bin/python3 -m lab.demo "$@"
}
