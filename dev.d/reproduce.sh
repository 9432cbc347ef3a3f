# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev
# ./dev reproduce

# Makes the packages of the commit twice, at two places and as two people would, and compares them octet by octet.
verb_reproduce() {
    [ $# -eq 0 ] || usage "reproduce takes no arguments"
    local scratch package others=0 differ=0
    scratch=$(mktemp -d)
    # shellcheck disable=SC2064 # this one
    trap "rm -rf -- '$scratch'" EXIT
    make_packages "$scratch/a" 022 C.UTF-8 UTC one
    make_packages "$scratch/quite/another/place" 077 de_DE.UTF-8 Asia/Kathmandu another
    for package in "$scratch"/a/target/package/mainstay*.{deb,rpm}; do
        others=$((others + 1))
        if cmp -- "$package" "$scratch/quite/another/place/target/package/${package##*/}"; then
            sha256sum "$package" | sed 's|  .*/|  |'
        else
            differ=1
        fi
    done
    [ "$others" -eq 2 ] || die "made $others packages (expected: 2)"
    [ "$differ" -eq 0 ] || die "the packages differ$(which_files "$scratch/a" "$scratch/quite/another/place")"
    say "both packages come out the same"
}

# make_packages DIRECTORY UMASK LOCALE ZONE USER
make_packages() {
    say "making the packages in $1"
    mkdir -p "${1%/*}"
    git clone --quiet "$root" "$1"
    (
        umask "$2"
        unset SOURCE_DATE_EPOCH
        LC_ALL=$3 LANG=$3 TZ=$4 USER=$5 LOGNAME=$5 MAVEN_ARGS="${MAVEN_ARGS:-} -Duser.name=$5" "$1/dev" package
    )
}

# What is in only one of two trees, or differs between them.
which_files() {
    (cd "$1/target/package" && diff -rq --no-dereference root "$2/target/package/root" || true) | sed 's/^/\n  /'
}
