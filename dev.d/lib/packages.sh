# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # root is set by ./dev, tree by tree.sh
# The .deb and the .rpm in target/package, of the tree in target/mainstay. Every octet of them follows from the source, its
# commit time and the tools: no time of day, no name of a host or user, nothing that depends on an order of files.

packages=$root/target/package

package() {
    need_java
    need "to make the packages" asciidoctor:asciidoctor rpmbuild:rpm dpkg-deb:dpkg
    build_if_stale
    # What is packed bears the time of the commit that is packed.
    [ "$(<"$tree/.built")" = "$(source_date)" ] || build
    rm -rf -- "$packages"
    mkdir -p "$packages"
    say "laying out the packages"
    write_manual
    write_sbom
    lay_out "$packages/root"
    write_control "$packages/deb"
    say "packing"
    # Side by side, as most of the time goes into compressing, which is done by one thread so that it comes out the same.
    local deb
    pack_deb >"$packages/deb.log" 2>&1 &
    deb=$!
    pack_rpm >"$packages/rpm.log" 2>&1 || die "the .rpm could not be made (see target/package/rpm.log)"
    wait "$deb" || die "the .deb could not be made (see target/package/deb.log)"
    (cd "$packages" && ls -- *.deb *.rpm)
}

# Makes them only when there are none of this commit, or something that goes into them is newer.
package_if_stale() {
    local made
    made=$(find "$packages" -maxdepth 1 -name "mainstay_$(package_version)_*.deb" 2>/dev/null || true)
    if [ -z "$made" ] || [ -n "$(find "$root/src/main" "$root/native" "$root/packaging" "$root/etc" "$root/systemd" "$root/docs" \
        "$root/pom.xml" "$root/CHANGELOG.md" "$root/dev.d/lib" -newer "$made" -print -quit)" ]; then
        package
    fi
}

# Both by the tools of the distributions: the plugins of Maven cannot compress as well, and the package would be too large.
pack_deb() {
    local to=$packages/deb-root
    cp -al "$packages/root" "$to"
    cp -R "$packages/deb" "$to/DEBIAN"
    # What dpkg --verify compares with; the configuration is kept apart.
    (cd "$to" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$to/DEBIAN/md5sums"
    printf 'Installed-Size: %s\n' "$(du -sk --apparent-size "$packages/root" | cut -f1)" >>"$to/DEBIAN/control"
    SOURCE_DATE_EPOCH=$(source_date) dpkg-deb --root-owner-group --threads-max=1 -Zxz -z9 --build "$to" \
        "$packages/mainstay_$(package_version)_$(deb_architecture).deb"
    rm -rf -- "$to"
}

pack_rpm() {
    SOURCE_DATE_EPOCH=$(source_date) "$root/dev.d/pack-rpm" "$packages/root" "$(package_version)" "$packages"
}

# That of the POM; a snapshot sorts before the release that it leads to, and after the snapshots before it.
package_version() {
    local version
    version=$(sed -n '0,/<version>/s|.*<version>\(.*\)</version>.*|\1|p' "$root/pom.xml")
    case $version in
    *-SNAPSHOT) printf '%s~%s\n' "${version%-SNAPSHOT}" "$(date -u -d "@$(source_date)" +%Y%m%d%H%M%S)" ;;
    *) printf '%s\n' "$version" ;;
    esac
}

deb_architecture() {
    case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) uname -m ;;
    esac
}

# The pages that picocli knows, the completion, and the pages written by hand.
write_manual() {
    local pages=$packages/manual page
    mkdir -p "$pages"
    maven -q -Dspotless.check.skip=true -Dtest=ManualTest "-Dtest.jvmArgs=-Dmainstay.manual.directory=$pages" test \
        >"$packages/manual.log" 2>&1 || die "the manual could not be made (see target/package/manual.log)"
    cp "$root"/packaging/man/*.adoc "$pages/"
    for page in "$pages"/*.adoc; do
        sed -i 's/^mainstay - $/mainstay - shows and controls a Mainstay node/' "$page" # the root command has no header
        SOURCE_DATE_EPOCH=$(source_date) asciidoctor -b manpage -a reproducible -a "mansource=Mainstay $(package_version)" \
            -a 'manmanual=Mainstay' "$page"
    done
}

# What is shipped, by name, version, licence and digest, in the form of CycloneDX.
write_sbom() {
    maven -q "-Dproject.build.outputTimestamp=$(source_time)" "-DoutputDirectory=$packages" cyclonedx:makeBom \
        >"$packages/sbom.log" 2>&1 || die "the SBOM could not be made (see target/package/sbom.log)"
    /usr/bin/python3 "$root/packaging/complete-sbom" "$packages/mainstay.cdx.json" "$tree" "$jdk/release"
}

# lay_out ROOT: every file at its place, with its mode and time.
lay_out() {
    local to=$1
    mkdir -p "$to"/usr/{bin,sbin,lib/systemd/system,share/man,share/doc/mainstay,share/bash-completion/completions} "$to/etc"
    cp -a "$tree" "$to/usr/lib/mainstay"
    rm -rf -- "$to/usr/lib/mainstay/etc" "$to/usr/lib/mainstay/.built"
    cp -R "$root/etc/mainstay" "$to/etc/mainstay"
    ln -s ../lib/mainstay/bin/mainstay "$to/usr/bin/mainstay"
    ln -s ../lib/mainstay/bin/mainstayd "$to/usr/sbin/mainstayd"
    cp "$root/systemd/mainstay.service" "$to/usr/lib/systemd/system/"
    cp "$packages/manual/mainstay.bash" "$to/usr/share/bash-completion/completions/mainstay"
    lay_out_manual "$to/usr/share/man"
    lay_out_licences "$to"
    write_changelog "$to/usr/share/doc/mainstay"
    mkdir -p "$to/usr/share/lintian/overrides"
    cp "$root/packaging/deb/lintian-overrides" "$to/usr/share/lintian/overrides/mainstay"
    cp "$packages/mainstay.cdx.json" "$to/usr/share/doc/mainstay/"
    cp -R "$root/docs/." "$to/usr/share/doc/mainstay/"
    find "$to" ! -type l -exec chmod u=rwX,go=rX {} +
    chmod 750 "$to/etc/mainstay"
    chmod 640 "$to/etc/mainstay/mainstay.yaml"
    find "$to" -exec touch --no-dereference --date="@$(source_date)" {} +
}

lay_out_manual() {
    local page section
    for page in "$packages"/manual/*.[158]; do
        section=$1/man${page##*.}
        mkdir -p "$section"
        gzip -9 --no-name <"$page" >"$section/${page##*/}.gz"
    done
}

# Packages of Debian have the text of Apache-2.0 and GPL-2 on the system; others do not.
lay_out_licences() {
    local to=$1/usr/share/licenses/mainstay
    mkdir -p "$to"
    cp "$root/LICENSE" "$to/Apache-2.0.txt"
    cp "$root"/packaging/licenses/*.txt "$to/"
    cp "$root/packaging/deb/copyright" "$1/usr/share/doc/mainstay/copyright"
}

# The form of Debian says no more than the version; what changed stands in CHANGELOG.md.
write_changelog() {
    cp "$root/CHANGELOG.md" "$1/"
    printf 'mainstay (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' "$(package_version)" \
        "$(sed -n 's/^Maintainer: //p' "$root/packaging/deb/control")" "$(LC_ALL=C date -u -R -d "@$(source_date)")" |
        gzip -9 --no-name >"$1/changelog.gz"
}

write_control() {
    mkdir -p "$1"
    sed -e "s|@VERSION@|$(package_version)|" -e "s|@ARCHITECTURE@|$(deb_architecture)|" "$root/packaging/deb/control" >"$1/control"
    cp "$root"/packaging/deb/{conffiles,postinst,prerm,postrm} "$1/"
    chmod 755 "$1"/{postinst,prerm,postrm}
}
