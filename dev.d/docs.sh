# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ./dev docs: makes the pages anew that are made from the code; a test keeps them in step.

verb_docs() {
    [ $# -eq 0 ] || usage "docs takes no arguments"
    need_java
    maven -q -Dspotless.check.skip=true -Dtest=ConfigReferenceTest -Dtest.jvmArgs=-Dmainstay.docs.write=true test
    say "wrote docs/configuration.md"
}
