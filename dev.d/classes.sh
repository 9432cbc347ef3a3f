# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, tree by lib/tree.sh
# ./dev classes: which classes the class data archive holds. Needed now and then, when the programs have come to load others.

verb_classes() {
    [ $# -eq 0 ] || usage "classes takes no arguments"
    build_if_stale
    "$root/dev.d/record-classes" "$root/target/mainstay" "$root/packaging/classes" >"$root/target/record-classes.log" 2>&1 ||
        die "the classes could not be recorded (see target/record-classes.log)"
    say "wrote packaging/classes"
}
