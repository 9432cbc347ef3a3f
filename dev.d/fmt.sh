# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, jdk by find_jdk
# ./dev fmt

verb_fmt() {
    need_java
    maven -q spotless:apply
}
