# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, jdk by find_jdk, lab_needs by lib/lab.sh, bpf by lib/bpf.sh
# ./dev test [PART...] [-k NAME]

java_parts=(unit property simulation)
all_parts=("${java_parts[@]}" native kernel system relay soak interop package)
labs_at_once=3
results=()
failed_parts=()
some_ran=no

verb_test() {
    local parts=() name='' part
    while [ $# -gt 0 ]; do
        case $1 in
        -k)
            [ $# -ge 2 ] || usage "-k needs a name"
            name=$2
            shift
            ;;
        -*) usage "unknown option: $1 (./dev test [PART...] [-k NAME])" ;;
        *) [[ " ${all_parts[*]} " == *" $1 "* ]] || usage "unknown part: $1 (parts: ${all_parts[*]})" && parts+=("$1") ;;
        esac
        shift
    done
    # Asked for by name the soak takes its ten minutes an engine; among all parts it is a short one.
    [ ${#parts[@]} -eq 0 ] || export SOAK_SECONDS=${SOAK_SECONDS:-600}
    [ ${#parts[@]} -gt 0 ] || parts=("${all_parts[@]}")
    logs=$root/target/test-logs
    mkdir -p "$logs"

    prepare "${parts[@]}"
    local java=()
    for part in "${parts[@]}"; do
        [[ " ${java_parts[*]} " != *" $part "* ]] || java+=("$part")
    done
    [ ${#java[@]} -eq 0 ] || run_part "$(join + "${java[@]}")" test_java "$name" "${java[@]}"
    for part in "${parts[@]}"; do
        case $part in
        native)
            run_part native test_native "$name"
            [ -n "$name" ] || native_programs
            ;;
        kernel) run_part kernel make_bpf NAME="$name" test ;;
        # These wait for timers of whole seconds most of their time, each in a lab of its own.
        interop) run_part "$part" test_in_lab "$part" "$name" -n $((labs_at_once + 1)) ;;
        system) test_system "$name" ;;
        # Three labs, each on one worker, two at a time; what needs none fills up.
        package) run_part "$part" test_in_lab "$part" "$name" -n 2 --dist loadgroup ;;
        # Side by side these are late for each other: several look at what happens within a few hundred milliseconds.
        relay) run_part "$part" test_in_lab "$part" "$name" ;;
        # One for each engine, which ask what is left when all is over.
        soak) run_part "$part" test_in_lab "$part" "$name" -n 2 ;;
        esac
    done
    summary
}

# Installs and builds first, so that a missing thing shows before an hour of tests, not after.
prepare() {
    need_java
    case " $* " in
    *" native "*) need "for the native tests" ip:iproute2 unshare:util-linux make:make cc:gcc ;;
    esac
    case " $* " in
    *" kernel "*) need_bpf ;;
    esac
    case " $* " in
    *" system "* | *" relay "* | *" soak "* | *" interop "*)
        need "for the lab" "${lab_needs[@]}" nft:nftables curl:curl openssl:openssl \
            /usr/lib/python3/dist-packages/pytest:python3-pytest
        build_if_stale
        ;;
    esac
    case " $* " in
    *" relay "*)
        need "as a peer" haproxy:haproxy ss:iproute2
        need "as programs behind the virtual address" sshd:openssh-server ssh:openssh-client redis-server:redis-server \
            redis-cli:redis-tools dnsmasq:dnsmasq-base dig:bind9-dnsutils iperf3:iperf3 \
            /usr/lib/python3/dist-packages/websockets:python3-websockets
        ;;
    esac
    case " $* " in
    *" package "*)
        [ "$(id -u)" -eq 0 ] || die "to install packages takes root"
        need "for the lab" "${lab_needs[@]}" /usr/lib/python3/dist-packages/pytest:python3-pytest
        need "to try the packages" lintian:lintian rpmlint:rpmlint rpm:rpm debootstrap:debootstrap systemd-analyze:systemd
        clean_roots
        package_if_stale
        ;;
    esac
    case " $* " in
    *" interop "*) need "as peers" keepalived:keepalived /usr/lib/frr/vrrpd:frr haproxy:haproxy ;;
    esac
    case " $* " in
    *" interop "* | *" system "* | *" package "*)
        need "to run several labs at once" /usr/lib/python3/dist-packages/xdist:python3-pytest-xdist
        ;;
    esac
}

# run_part LABEL COMMAND...: runs it to its end whatever becomes of it, and keeps its closing line for the summary.
run_part() {
    local label=$1 log started=$SECONDS status=0 closing
    shift
    log=$logs/${label//[^a-z0-9+-]/-}.log
    printf '\n== %s\n' "$label"
    set +e
    (
        set -e
        "$@"
    ) 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    set -e
    closing=$(closing_line "$log" || echo 'no test ran')
    [ "$closing" = 'no test ran' ] || some_ran=yes
    if [ "$status" -eq 0 ] && [ "${CI:-}" = true ] && [[ $closing =~ Skipped:\ [1-9]|[1-9][0-9]*\ skipped ]]; then
        say "$label: a skipped test is a failure where CI=true"
        status=1
    fi
    [ "$status" -eq 0 ] || failed_parts+=("$label")
    results+=("$(printf '%-28s %-6s %4d s   %s' "$label" "$([ "$status" -eq 0 ] && echo ok || echo FAILED)" \
        $((SECONDS - started)) "$closing")")
}

# The line in which surefire, pytest or another runner sums up; where several runs have written into one log, the sum of theirs.
closing_line() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | grep -E 'Tests run:.*[0-9]$|[0-9]+ (passed|failed|skipped|error)' |
        sed -E 's/^\[[A-Z]+\] *//; s/^=+ *//; s/ *=+$//' |
        awk '/^[a-z]+( \(.*\))?: [0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$/ {
                 sub(/.*: /, ""); for (i = 1; i < NF; i += 2) { sub(/,/, "", $(i + 1)); sum[$(i + 1)] += $i }
                 next
             }
             { last = $0 }
             END {
                 if ("passed" in sum) last = sum["passed"] " passed, " sum["failed"] " failed, " sum["skipped"] + 0 " skipped"
                 if (last == "") exit 1
                 print last
             }'
}

summary() {
    printf '\n== summary\n'
    printf '%s\n' "${results[@]}"
    [ ${#failed_parts[@]} -eq 0 ] || die "failed: ${failed_parts[*]} (logs: ${logs#"$PWD"/})"
    [ "$some_ran" = yes ] || die "no test ran${name:+: none is called $name (several names: NAME,NAME of classes, 'NAME or NAME' elsewhere)}"
}

# Unit, property and simulation tests are told apart by their tags and run in one go.
test_java() {
    local name=$1 part left_out=(native) wanted=("${@:2}")
    for part in "${java_parts[@]}"; do
        [[ " ${wanted[*]} " == *" $part "* ]] || left_out+=("$part")
    done
    if [[ " ${wanted[*]} " == *" unit "* ]]; then
        surefire "$name" -DforkCount=2 "-Dtest.excludedGroups=$(join , "${left_out[@]}")"
    else
        surefire "$name" -DforkCount=2 "-Dtest.groups=$(join , "${wanted[@]}")"
    fi
}

# Only the JVM of the tests runs in a network namespace of its own; Maven stays outside and may download what it needs.
test_native() {
    local isolated=$root/target/isolated-jdk/bin/java isolate="unshare --net --mount"
    [ "$(id -u)" -eq 0 ] || isolate="unshare --user --map-root-user --net --mount"
    $isolate true || die "native tests need root or user namespaces"
    mkdir -p "${isolated%/java}"
    ln -sfn "$jdk/release" "$root/target/isolated-jdk/release"
    cat >"$isolated" <<SCRIPT
#!/bin/sh
exec $isolate -- /bin/sh -c 'ip link set lo up; exec "\$0" "\$@"' "$jdk/bin/java" "\$@"
SCRIPT
    chmod 755 "$isolated"
    surefire "$1" -Dtest.groups=native "-Djvm=$isolated"
}

# surefire NAME OPTION...: compiles what has changed and runs the tests whose class or class#method matches NAME.
surefire() {
    local selection=()
    [ -z "$1" ] || selection=("-Dtest=*$1*" -Dsurefire.failIfNoSpecifiedTests=false)
    shift
    maven "${selection[@]}" "$@" test
}

# The tests of the C programs, each below native/; those of native/bpf are the part `kernel`.
native_programs() {
    local makefile directory
    for makefile in "$root"/native/*/Makefile; do
        [ -e "$makefile" ] || continue
        directory=${makefile%/Makefile}
        [ "$directory" != "$bpf" ] || continue
        run_part "native/${directory##*/}" make --no-print-directory -j4 -O -C "$directory" \
            BUILD="$root/target/native/${directory##*/}" PYTHON=/usr/bin/python3 test
    done
}

# Modules marked as patient bear a machine that does something else as well, so several of them run at once.
test_system() {
    local name=$1
    if [ -n "$name" ]; then
        run_part system test_in_lab system "$name"
    else
        run_part system/patient test_in_lab system "" -m patient -n "$labs_at_once" --dist loadfile
        run_part system test_in_lab system "" -m "not patient"
    fi
}

test_in_lab() {
    local directory=$1 name=$2 selection=("${@:3}")
    [ -z "$name" ] || selection+=(-k "$name")
    cd "$root"
    PYTHONPATH=$root/tests PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m lab.enter \
        /usr/bin/python3 -m pytest -p no:cacheprovider -ra --durations=25 -v "${selection[@]}" "tests/$directory" </dev/null
}

# join SEPARATOR WORD...
join() {
    local IFS=$1
    shift
    printf '%s' "$*"
}
