# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, jdk by find_jdk
# ./dev fuzz NAME [SECONDS]

verb_fuzz() {
    local name=${1:-} seconds=${2:-60} class
    case $name in
    advertisement) class=AdvertisementFuzz ;;
    configuration) class=ConfigurationFuzz ;;
    keepalived) class=KeepalivedFuzz ;;
    *) usage "./dev fuzz advertisement|configuration|keepalived [SECONDS]" ;;
    esac
    [[ $seconds =~ ^[1-9][0-9]*$ ]] || usage "seconds: $seconds (expected: a whole number, 1 or more)"
    need_java
    local class_path=$root/target/fuzz-class-path found=$root/target/fuzz/$name
    maven -q -Pfuzz -Dspotless.check.skip=true test-compile dependency:build-classpath \
        -Dmdep.includeScope=test "-Dmdep.outputFile=$class_path"
    mkdir -p "$found/corpus"
    dictionary "$name" >"$found/dictionary"
    say "searching for $seconds s; what is found lies in ${found#"$root"/}, and is replayed by every build once it is in src/test/fuzz/$name"
    local status=0
    # The first folder is where new inputs go; the second is read only.
    (cd "$found" && "$jdk/bin/java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
        --sun-misc-unsafe-memory-access=allow -XX:+EnableDynamicAgentLoading \
        -cp "$root/target/test-classes:$root/target/classes:$(<"$class_path")" \
        com.code_intelligence.jazzer.Jazzer --target_class="io.mainstay.fuzz.$class" \
        --instrumentation_includes='io.mainstay.**:org.yaml.snakeyaml.**' --reproducer_path="$found" \
        -max_total_time="$seconds" -timeout=20 -max_len=4096 -use_value_profile=1 -print_final_stats=1 \
        -dict="$found/dictionary" -artifact_prefix="$found/" "$found/corpus" "$root/src/test/fuzz/$name") || status=$?
    [ "$status" -eq 0 ] || die "$name: an input broke a claim (target/fuzz/$name, file crash-* or timeout-*)"
}

# The words of the language that a target reads.
dictionary() {
    case $1 in
    configuration) grep -oE '^\| `[a-z_]+` \|' "$root/docs/configuration.md" | grep -oE '[a-z_]+' | sort -u | quoted ;;
    keepalived) grep -ohE '"[a-z][a-z0-9_-]+"' "$root"/src/main/java/io/mainstay/migrate/*.java | sort -u ;;
    *) printf '"%s"\n' '\x31\x33' '\x21\x33' '\x01\x01\x00\x00' ;;
    esac
}

quoted() {
    sed 's/.*/"&"/'
}
