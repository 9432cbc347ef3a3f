# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./dev build

verb_build() {
    [ $# -eq 0 ] || usage "build takes no arguments"
    build
}
