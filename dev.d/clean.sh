# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, jdk by find_jdk
# ./dev clean

verb_clean() {
    rm -rf -- "$root/target"
    find "$root/tests" -name __pycache__ -type d -prune -exec rm -rf -- {} +
}
