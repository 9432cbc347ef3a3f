# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./dev package

verb_package() {
    [ $# -eq 0 ] || usage "package takes no arguments"
    package
}
