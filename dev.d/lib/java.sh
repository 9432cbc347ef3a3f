# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, jdk by find_jdk
# The JDK and Maven.

# Sets jdk to the home of an installed JDK 25.
find_jdk() {
    local candidate
    for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/* "${HOME:-/nonexistent}"/.sdkman/candidates/java/* "$(javac_home)"; do
        if [ -x "$candidate/bin/javac" ] && grep -qs '^JAVA_VERSION="25[".]' "$candidate/release"; then
            jdk=$candidate
            export MAINSTAY_JDK=$jdk # for lab.jdk
            return
        fi
    done
    die "no JDK 25 found in JAVA_HOME, /usr/lib/jvm or PATH; install one, e.g. the package temurin-25-jdk from packages.adoptium.net"
}

javac_home() {
    local javac
    javac=$(readlink -f -- "$(command -v javac || true)")
    printf '%s\n' "${javac%/bin/javac}"
}

need_java() {
    need "to build" mvn:maven
    find_jdk
}

# Runs Maven on JDK 25, so that it is found as the toolchain whatever else is installed. MAVEN_ARGS adds arguments.
maven() {
    if [ -t 1 ]; then
        run_maven "$@"
    else
        # Maven 3.8 writes colour resets even when told not to use colour.
        run_maven -Dstyle.color=never "$@" 2>&1 | sed -u 's/\x1b\[[0-9;]*m//g'
    fi
}

run_maven() {
    # shellcheck disable=SC2086 # MAVEN_ARGS is a list of words, as in Maven 3.9
    (cd "$root" && JAVA_HOME=$jdk \
        MAVEN_OPTS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}" \
        mvn -B ${MAVEN_ARGS:-} "$@" </dev/null)
}
