// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

/** Names as the configuration takes them. Stateless. */
final class Names {

    private static final int LONGEST = 64;

    private Names() {}

    /** The name with a dash for each character that a name may not have. */
    static String clean(Directive directive, String name, Notes notes) {
        String clean = name.replaceAll("[^A-Za-z0-9._:-]", "-").replaceAll("^[^A-Za-z0-9]+", "");
        String fitting = clean.length() > LONGEST ? clean.substring(0, LONGEST) : clean;
        if (!fitting.isEmpty() && !fitting.equals(name)) {
            notes.changed(directive, "called " + fitting + ": names are letters, digits and . _ - :");
        }
        return fitting;
    }
}
