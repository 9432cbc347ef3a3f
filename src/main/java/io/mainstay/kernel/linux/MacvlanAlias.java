// SPDX-License-Identifier: Apache-2.0
package io.mainstay.kernel.linux;

import io.mainstay.kernel.VirtualInterface;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Mainstay writes on an interface that it makes: so it knows it again after a crash, and what the settings of the parent
 * were before. {@code ip link} shows it.
 */
final class MacvlanAlias {

    private static final Pattern FORM =
            Pattern.compile("mainstay: virtual MAC on \\S+, which had arp_ignore=(\\d{1,9}) arp_announce=(\\d{1,9})");

    private MacvlanAlias() {}

    static String write(VirtualInterface made, VirtualMacSettings.Before before) {
        return "mainstay: virtual MAC on " + made.parent() + ", which had arp_ignore=" + before.arpIgnore()
                + " arp_announce=" + before.arpAnnounce();
    }

    /** Empty if it is not written by Mainstay. */
    static Optional<VirtualMacSettings.Before> parse(String alias) {
        Matcher matcher = FORM.matcher(alias);
        return matcher.matches()
                ? Optional.of(new VirtualMacSettings.Before(
                        Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }
}
