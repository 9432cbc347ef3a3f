# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, jdk by find_jdk
# ./dev sim: the simulation of whole clusters as a program; its options are its own (--seeds N, --seeds N --from S, --seed S).

verb_sim() {
    need_java
    local class_path=$root/target/test-class-path
    maven -q -Dspotless.check.skip=true test-compile dependency:build-classpath \
        -Dmdep.includeScope=test "-Dmdep.outputFile=$class_path"
    exec "$jdk/bin/java" -XX:+UseSerialGC -cp "$root/target/test-classes:$root/target/classes:$(<"$class_path")" \
        io.mainstay.sim.MainstaySim "$@"
}
