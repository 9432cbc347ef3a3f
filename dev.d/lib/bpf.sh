# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev
# The programs of native/bpf and what their tests run with.

bpf=$root/native/bpf
bpf_output=$root/target/native/bpf

need_bpf() {
    [ "$(id -u)" -eq 0 ] || die "to load programs into the kernel takes root"
    need "for the kernel engine" clang:clang make:make /usr/include/bpf/bpf_helpers.h:libbpf-dev ip:iproute2 unshare:util-linux \
        nft:nftables /usr/lib/python3/dist-packages/pytest:python3-pytest
}

# make_bpf TARGET...
make_bpf() {
    make --no-print-directory -s -C "$bpf" BUILD="$bpf_output" PYTHON=/usr/bin/python3 "$@"
}
