# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev
# ./dev reproduce

# Makes the packages of the commit twice, at two places and as two people would, and compares them octet by octet. Where they
# differ, both trees stay for somebody to look at.
verb_reproduce() {
    [ $# -eq 0 ] || usage "reproduce takes no arguments"
    local scratch one another commit
    commit=$(git -C "$root" rev-parse --quiet --verify HEAD) || die "$root is no repository (expected: one, whose commit is packed)"
    [ -z "$(git -C "$root" status --porcelain --untracked-files=no)" ] || say "what is not committed is left out"
    need_java
    scratch=$(mktemp -d)
    # shellcheck disable=SC2064 # this one
    trap "rm -rf -- '$scratch'; exit 130" INT TERM HUP
    one=$scratch/a
    another=$scratch/quite/another/place
    make_packages "$commit" "$one" 022 C.UTF-8 en UTC one
    make_packages "$commit" "$another" 077 C de Asia/Kathmandu another
    compare_packages "$one/target/package" "$another/target/package" || die "the packages differ; both trees stay in $scratch"
    tools
    rm -rf -- "$scratch"
    say "both packages come out the same, octet by octet"
}

# make_packages COMMIT DIRECTORY UMASK LOCALE LANGUAGE ZONE USER
make_packages() {
    local started=$SECONDS
    say "making the packages of ${1:0:12} in $2"
    mkdir -p "${2%/*}"
    git clone --quiet --no-checkout "$root" "$2"
    git -C "$2" checkout --quiet --detach "$1"
    (
        umask "$3"
        unset SOURCE_DATE_EPOCH
        LC_ALL=$4 LANG=$4 TZ=$6 USER=$7 LOGNAME=$7 MAVEN_OPTS="${MAVEN_OPTS:-} -Duser.language=$5 -Duser.name=$7" \
            on_host "$7" "$2/dev" package
    ) >/dev/null || die "no packages in $2 (its target/ has the logs)"
    say "made in $((SECONDS - started)) s"
}

# on_host NAME COMMAND...: on a host of that name, as far as the command can see.
on_host() {
    # shellcheck disable=SC2016,SC2046 # the inner shell's; words
    unshare --uts $([ "$(id -u)" -eq 0 ] || echo --user --map-current-user) -- \
        sh -c 'hostname "$1" 2>/dev/null || true; shift; exec "$@"' sh "$@"
}

# compare_packages ONE ANOTHER: prints the digest of what is the same, and of what differs in what.
compare_packages() {
    local package same=0
    for package in "$1"/mainstay*.{deb,rpm}; do
        if cmp -s -- "$package" "$2/${package##*/}"; then
            sha256sum -- "$package" | sed 's|  .*/|  |'
            same=$((same + 1))
        else
            say "${package##*/} differs:"
            differences "$package" "$2/${package##*/}" | sed 's/^/  /' >&2
        fi
    done
    [ "$same" -eq 2 ]
}

# differences PACKAGE OTHER: the lines that only one of the two has in the list of what it holds.
differences() {
    local told
    told=$(diff --unchanged-line-format= --old-line-format='one:     %L' --new-line-format='another: %L' \
        <(contents_of "$1") <(contents_of "$2") || true)
    printf '%s\n' "${told:-nothing but how they were packed: the order, or how they were compressed}"
}

# Each file with its mode, time and digest, and what a package says of itself.
contents_of() (
    case $1 in
    *.rpm) rpm --query --package --dump --scripts --requires --provides --info "$1" ;;
    *.deb)
        unpacked=$(mktemp -d)
        trap 'rm -rf -- "$unpacked"' EXIT
        for part in --ctrl-tarfile --fsys-tarfile; do
            dpkg-deb "$part" "$1" | tar --list --verbose --full-time
        done
        dpkg-deb --raw-extract "$1" "$unpacked"
        cd "$unpacked" && find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2
        ;;
    esac
)

# What both were made with, as far as it shows in the octets: with the same somebody else gets the same.
tools() {
    # shellcheck disable=SC2016 # the variables are dpkg-query's
    {
        sed -n 's/^JAVA_RUNTIME_VERSION="\(.*\)"/java \1/p' "$jdk/release"
        gcc --version | sed 1q
        dpkg-query --show --showformat '${Package} ${Version}\n' binutils clang llvm libbpf-dev libc6-dev maven asciidoctor \
            dpkg rpm xz-utils zlib1g libelf-dev 2>/dev/null || true
    } | sed 's/^/made with /'
}
