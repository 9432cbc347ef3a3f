# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, jdk by find_jdk
# ./dev help

verb_help() {
    cat <<'TEXT'
./dev build               build the runnable tree: target/mainstay/bin/{mainstayd,mainstay}
./dev demo [OPTION...]    two nodes, one address, real traffic, seven failures; ./dev demo --help
./dev on NODE COMMAND...  run a command on a node of a lab that `./dev demo --stay` keeps up
./dev test [PART...] [-k NAME]
                          run the tests: unit property simulation native kernel system relay soak interop package
./dev package             make the .deb and the .rpm: target/package
./dev reproduce           make them twice, at different places, and compare every octet
./dev sim [OPTION...]     run the election simulation; ./dev sim --help
./dev fuzz NAME [SECONDS] search for inputs that break a parser: advertisement configuration keepalived
./dev bench [NAME...]     measure; without a name: list what can be measured
./dev fmt                 format the Java sources
./dev docs                make the pages anew that are made from the code
./dev classes             write down anew which classes the class data archive holds
./dev clean               remove target/

What a verb needs and does not find it installs from Debian, when run as root; no service is started by that.
TEXT
}
