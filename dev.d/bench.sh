# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, lab_needs by lib/lab.sh, bpf_output by lib/bpf.sh
# ./dev bench [NAME [OPTION...]]: each bench/NAME.py measures one thing in a lab of its own.

verb_bench() {
    if [ $# -eq 0 ]; then
        local file
        for file in "$root"/bench/*.py; do
            printf './dev bench %-12s %s\n' "$(basename "$file" .py)" "$(sed -n '/^"""/{s/^"""//;s/"""$//;p;q}' "$file")"
        done
        return
    fi
    local name=$1
    shift
    [ -r "$root/bench/$name.py" ] || usage "unknown benchmark: $name (try: ./dev bench)"
    if [ "$name" = packet ]; then
        need_bpf
        make_bpf all benchmarks
        MAINSTAY_BPF_DIRECTORY=$bpf_output PYTHONDONTWRITEBYTECODE=1 exec unshare --net -- \
            /usr/bin/python3 "$root/bench/packet.py" "$@"
    fi
    need "for the lab" "${lab_needs[@]}"
    need "as peers" keepalived:keepalived haproxy:haproxy
    if [ "$name" = relay ]; then
        need "as a peer" nginx:nginx-core /usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream
        need "to count system calls" strace:strace
        need "to build the load generator" cc:gcc /usr/include/stdio.h:libc6-dev
    fi
    case " $* " in
    *" --help "* | *" -h "* | *" --only keepalived "*) ;;
    *) build_if_stale ;;
    esac
    find_jdk
    export PYTHONPATH=$root/tests PYTHONDONTWRITEBYTECODE=1
    exec /usr/bin/python3 -m lab.enter /usr/bin/python3 "$root/bench/$name.py" "$@"
}
