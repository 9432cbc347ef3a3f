# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # root is set by ./dev, bpf_build_needs used by tree.sh
# The programs of native/bpf and what their tests run with.

bpf=$root/native/bpf
bpf_output=$root/target/native/bpf
# clang compiles for the kernel; libbpf is linked into mainstay-bpf, libelf and zlib are what that needs.
bpf_build_needs=(clang:clang llvm-strip:llvm /usr/include/bpf/bpf_helpers.h:libbpf-dev /usr/include/libelf.h:libelf-dev
    /usr/include/zlib.h:zlib1g-dev)

need_bpf() {
    [ "$(id -u)" -eq 0 ] || die "to load programs into the kernel takes root"
    need "for the kernel engine" make:make cc:gcc "${bpf_build_needs[@]}" ip:iproute2 unshare:util-linux \
        nft:nftables /usr/lib/python3/dist-packages/pytest:python3-pytest
}

# make_bpf TARGET...
make_bpf() {
    make --no-print-directory -s -C "$bpf" BUILD="$bpf_output" PYTHON=/usr/bin/python3 "$@"
}
