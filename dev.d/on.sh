# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev
# ./dev on NODE [COMMAND...]: a command, or a shell, on a node of a lab that is up.

verb_on() {
    [ $# -gt 0 ] || usage "on which node? ./dev on NODE [COMMAND...]"
    local node=$1 holder enter
    shift
    holder=$(holder_of "$node")
    [ -n "$holder" ] || die "no lab with a node $node is up (./dev demo --stay keeps one up)"
    [ $# -gt 0 ] || set -- bash --norc
    enter=(nsenter --target "$holder" --net --mount --uts --pid --root)
    [ "$(id -u)" -eq 0 ] || enter+=(--user --preserve-credentials)
    PATH=$root/target/mainstay/bin:$PATH PS1="$node# " exec "${enter[@]}" --wd="$root" -- "$@"
}

# The process that holds the namespaces of the node, of the youngest lab: its command line ends "mainstay-lab-node NAME DIR".
holder_of() {
    local directory words youngest=0 holder=
    for directory in /proc/[0-9]*; do
        mapfile -d '' -t words 2>/dev/null <"$directory/cmdline" || continue
        if [ "${words[3]:-}" = mainstay-lab-node ] && [ "${words[4]:-}" = "$1" ] && [ -r "$directory/ns/net" ] &&
            [ "${directory#/proc/}" -gt "$youngest" ]; then
            youngest=${directory#/proc/}
            holder=$youngest
        fi
    done
    printf '%s\n' "$holder"
}
