# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, jdk by find_jdk, bpf by bpf.sh
# The runnable tree target/mainstay. It works from any directory and in any network namespace, needs
# neither Maven nor a JDK, and may be moved.

tree=$root/target/mainstay
# What classes that come with dependencies need of others, on paths that are not gone here, a test lists.
runtime_modules=java.base,java.logging,jdk.unsupported

# What is left out of java.base: what keytool and java's own help say, keytool itself, the names of characters, and the encodings of East
# Asia. A locale with one of these is taken for UTF-8, and what is read and written here is UTF-8 in any locale.
resources_left_out=glob:/java.base/sun/launcher/resources/launcher_*
resources_left_out+=,glob:/java.base/sun/security/tools/keytool/Main*,glob:/java.base/sun/security/tools/keytool/resources/keytool_*
resources_left_out+=,glob:/java.base/java/lang/uniName.dat
resources_left_out+=',regex:/java[.]base/sun/nio/cs/(Big5|EUC_|GB18030|GBK|HKSCS|JIS_X_|Johab|MS932|PCK|SJIS).*'

# What comes with a dependency and is of no use here: annotations for compilers, compressed HTTP, and jars that carry nothing but native
# libraries, which are laid out in lib/native instead.
jars_left_out='netty-codec-compression-*.jar jspecify-*.jar error_prone_annotations-*.jar jffi-*-native.jar netty-transport-native-epoll-*-linux-*.jar'

# The instant that everything built bears as its time, in seconds since 1970: that of the commit, so that the same source
# gives the same octets on any day. Without a repository: that of the POM.
source_date() {
    printf '%s\n' "${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date -u -d "$(
        sed -n 's|.*<project.build.outputTimestamp>\(.*\)</.*|\1|p' "$root/pom.xml"
    )" +%s)}"
}

# With a + where files differ from the commit.
source_commit() {
    git -C "$root" describe --always --abbrev=12 --dirty=+ --exclude='*' 2>/dev/null || echo unknown
}

source_time() {
    date -u -d "@$(source_date)" +%Y-%m-%dT%H:%M:%SZ
}

build() {
    need_java
    need "to build the native parts" make:make cc:gcc strip:binutils /usr/include/stdio.h:libc6-dev "${bpf_build_needs[@]}"
    say "compiling"
    mkdir -p "$root/target"
    # Not -q: that would hide the warnings for which a build fails.
    if ! maven -Dmaven.test.skip=true -Dspotless.check.skip=true "-Dproject.build.outputTimestamp=$(source_time)" "-Dbuild.commit=$(source_commit)" package \
        >"$root/target/build.log" 2>&1; then
        grep -E '^\[(WARNING|ERROR)\]' "$root/target/build.log" >&2
        die "the build failed (all of it: target/build.log)"
    fi
    build_runtime
    build_tree
    say "built ${tree#"$PWD"/}: bin/mainstayd and bin/mainstay"
}

# Builds only when something that goes into the tree is newer than the tree.
build_if_stale() {
    local stamp=$tree/.built
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
    # Not compressed: the packages are, and better. Without its own archive of class data, since lib/mainstay.jsa is one.
    "$jdk/bin/jlink" --add-modules "$runtime_modules" --compress zip-0 --strip-java-debug-attributes --no-header-files \
        --no-man-pages --exclude-resources "$resources_left_out" --output "$runtime.new"
    # For programs that look into the runtime, for making its own archive, and for sorting large arrays of numbers faster.
    rm "$runtime.new/lib/jrt-fs.jar" "$runtime.new/lib/classlist" "$runtime.new/bin/keytool" "$runtime.new/lib/libsimdsort.so"
    strip_programs "$runtime.new"
    mv "$runtime.new" "$runtime"
}

strip_programs() {
    find "$1" -type f \( -name '*.so' -o -path '*/bin/*' -o -name jspawnhelper -o -name jexec \) -exec strip --strip-unneeded {} +
}

build_tree() {
    local new=$root/target/mainstay.new program
    rm -rf -- "$new"
    mkdir -p "$new/bin" "$new/lib/native"
    cp -al "$runtime" "$new/runtime"
    cp "$root/target/mainstay.jar" "$root"/target/lib/*.jar "$new/lib/"
    extract_native_libraries "$new/lib"
    leave_out_jars "$new/lib"
    strip_programs "$new/lib/native"
    for program in mainstayd mainstay; do
        sed "s|@CLASS_PATH@|$(class_path "$new/lib")|" "$root/packaging/bin/$program.in" >"$new/bin/$program"
        chmod 755 "$new/bin/$program"
    done
    build_native "$new"
    # What the loader reads is BTF.
    for program in forward fastpath detour; do
        llvm-strip --strip-debug -o "$new/lib/$program.bpf.o" "$bpf_output/$program.bpf.o"
    done
    [ ! -d "$root/etc" ] || cp -R "$root/etc" "$new/etc"
    find "$new" -exec touch --no-dereference --date="@$(source_date)" {} +
    archive_classes "$new"
    source_date >"$new/.built"
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

leave_out_jars() {
    local pattern
    for pattern in $jars_left_out; do
        # shellcheck disable=SC2086 # a pattern
        rm -f -- "$1"/$pattern
    done
    # Nine tenths of this jar are the constants of other systems and machines.
    "$root/dev.d/trim-jar" "$1"/jnr-constants-*.jar \
        jnr/constants/platform/{aix,darwin,dragonflybsd,freebsd,openbsd,solaris,windows}/ \
        jnr/constants/platform/linux/{"$(other_machine | tr -d _)",loongarch64,mips64el,powerpc64,s390x}/
    # The same classes twice, of which the older name is used by nobody.
    "$root/dev.d/trim-jar" "$1"/jnr-x86asm-*.jar com/kenai/jnr/x86asm/
    # Health checks and control speak plain HTTP/1.1.
    "$root/dev.d/trim-jar" "$1"/netty-codec-http-*.jar io/netty/handler/codec/{http/cors,http/multipart,http/websocketx,rtsp,spdy}/
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
                strip -o "$1/bin/${program##*/}" "$program"
            fi
        done
    done
}

# The class data archive: it halves the start. The JVM checks it against the runtime and the jars, by size and time, and does
# without when it does not fit. What goes in is written down in packaging/classes (./dev classes), so that the archive comes
# out the same each time.
archive_classes() {
    say "archiving class data"
    # The archive holds the paths of the jars, so it is made where they are the same everywhere. Which place that is does
    # not matter: the JVM compares what follows the directory that the jars have in common. It holds what the JVM has made of its
    # locale and time zone too.
    local dump=(java -Xint -XX:+UseSerialGC -Xmx128m -Xshare:dump --enable-native-access=ALL-UNNAMED
        -XX:SharedClassListFile="$root/packaging/classes" -XX:SharedArchiveFile="$1/lib/mainstay.jsa"
        -cp "$(class_path "$1/lib" | sed 's|\$lib|/mnt/lib|g')") own=()
    [ "$(id -u)" -eq 0 ] || own=(--user --map-root-user)
    # shellcheck disable=SC2016 # the inner shell's
    unshare --mount "${own[@]}" -- /bin/sh -c 'mount --bind "$1" /mnt && shift &&
        exec env -i LC_ALL=C.UTF-8 TZ=UTC /mnt/runtime/bin/"$@"' sh "$1" "${dump[@]}" \
        >"$root/target/archive-classes.log" 2>&1 || die "no class data archive (see target/archive-classes.log)"
    touch --date="@$(source_date)" "$1/lib/mainstay.jsa" "$1/lib"
}
