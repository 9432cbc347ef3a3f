# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, jdk by find_jdk, bpf by bpf.sh
# The runnable tree target/mainstay. It works from any directory and in any network namespace, needs
# neither Maven nor a JDK, and may be moved.

runtime_modules=java.base,java.logging,java.management,java.naming,jdk.management,jdk.net,jdk.unsupported,jdk.jfr,jdk.jcmd

build() {
    need_java
    need "to build the native parts" make:make cc:gcc /usr/include/stdio.h:libc6-dev "${bpf_build_needs[@]}"
    say "compiling"
    mkdir -p "$root/target"
    # Not -q: that would hide the warnings for which a build fails.
    if ! maven -Dmaven.test.skip=true -Dspotless.check.skip=true package >"$root/target/build.log" 2>&1; then
        grep -E '^\[(WARNING|ERROR)\]' "$root/target/build.log" >&2
        die "the build failed (all of it: target/build.log)"
    fi
    build_runtime
    build_tree
    say "built ${tree#"$PWD"/}: bin/mainstayd and bin/mainstay"
}

# Builds only when something that goes into the tree is newer than the tree.
build_if_stale() {
    local stamp=$root/target/mainstay/.built
    if [ ! -e "$stamp" ] || [ -n "$(find "$root/src/main" "$root/native" "$root/packaging" "$root/etc" "$root/pom.xml" \
        "$root/dev.d" -newer "$stamp" -print -quit 2>/dev/null)" ]; then
        build
    fi
}

# The Java runtime: linked once per JDK, as it takes longer than everything else.
build_runtime() {
    local key
    key=$(cat "$root/dev.d/lib/tree.sh" "$jdk/release" | sha256sum | cut -c1-16)
    runtime=$root/target/runtime/$key
    [ ! -d "$runtime" ] || return 0
    say "linking the Java runtime"
    rm -rf -- "$root/target/runtime"
    mkdir -p "$root/target/runtime"
    "$jdk/bin/jlink" --add-modules "$runtime_modules" --compress zip-0 --no-header-files --no-man-pages \
        --output "$runtime.new"
    # The base archive of class data, on which the archives of the programs stand. The native access option must be the
    # launchers' own, else the JVM leaves the archived module graph aside.
    "$runtime.new/bin/java" --enable-native-access=ALL-UNNAMED -XX:+UseG1GC -Xshare:dump -Xlog:disable \
        -Xlog:all=error:stderr
    mv "$runtime.new" "$runtime"
}

build_tree() {
    tree=$root/target/mainstay
    local new=$root/target/mainstay.new program
    rm -rf -- "$new"
    mkdir -p "$new/bin" "$new/lib/native"
    cp -al "$runtime" "$new/runtime"
    cp "$root/target/mainstay.jar" "$root"/target/lib/*.jar "$new/lib/"
    extract_native_libraries "$new/lib"
    for program in mainstayd mainstay; do
        sed "s|@CLASS_PATH@|$(class_path "$new/lib")|" "$root/packaging/bin/$program.in" >"$new/bin/$program"
        chmod 755 "$new/bin/$program"
    done
    build_native "$new"
    cp "$bpf_output/forward.bpf.o" "$new/lib/"
    [ ! -d "$root/etc" ] || cp -R "$root/etc" "$new/etc"
    archive_classes "$new"
    touch "$new/.built"
    rm -rf -- "$tree"
    mv "$new" "$tree"
}

# The class path as the launcher spells it: our jar first, then the others in a fixed order, which the archives need.
class_path() {
    local jar path="\$lib/mainstay.jar"
    while read -r jar; do
        path=$path:\$lib/$jar
    done < <(cd "$1" && find . -maxdepth 1 -name '*.jar' ! -name mainstay.jar -printf '%f\n' | LC_ALL=C sort)
    printf '%s' "$path"
}

# The libraries that jars carry for this machine, so that nothing has to be unpacked at each start.
extract_native_libraries() {
    local lib=$1 scratch jar
    scratch=$(mktemp -d)
    for jar in "$lib"/*native*.jar; do
        (cd "$scratch" && "$jdk/bin/jar" xf "$jar")
    done
    find "$scratch" \( -path "*/jni/$(uname -m)-Linux/*.so" -o -path '*/META-INF/native/*.so' \) \
        ! -name "*_$(other_machine)*" -exec cp {} "$lib/native/" \;
    rm -rf -- "$scratch"
}

other_machine() {
    case $(uname -m) in
    x86_64) echo aarch_64 ;;
    *) echo x86_64 ;;
    esac
}

# Each directory of native/ has a Makefile that builds below BUILD; the programs named mainstay-* go into the tree.
build_native() {
    local makefile directory output program
    for makefile in "$root"/native/*/Makefile; do
        [ -e "$makefile" ] || continue
        directory=${makefile%/Makefile}
        output=$root/target/native/${directory##*/}
        say "building native/${directory##*/}"
        make -s -C "$directory" BUILD="$output"
        for program in "$output"/mainstay-*; do
            if [ -f "$program" ] && [ -x "$program" ]; then
                cp "$program" "$1/bin/"
            fi
        done
    done
}

# Class data archives: they halve the start. The JVM checks them against the jars and does without when they do not fit.
archive_classes() {
    say "archiving class data"
    "$root/dev.d/archive-classes" "$1" >"$root/target/archive-classes.log" 2>&1 ||
        say "no class data archive (see target/archive-classes.log): programs will start slower"
}
